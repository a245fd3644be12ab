"""The settings in which runs differ, each by its key."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import pandas as pd

SETTINGS = ("dataset", "seed", "float_type", "training_images", "record_every", "telemetry")
NAMED = {"dataset": "data set", "float_type": "precision"}
NAMES_NOT_SETTINGS = ("name", "description")
ABSENT = "\N{EN DASH}"
MOST_LETTERS = 60

Difference = tuple[str, tuple[str, ...]]


def differences(provenance: pd.DataFrame, run_ids: Sequence[int]) -> list[Difference]:
    """Return (key, a value for each run) of every setting that is not the same in all runs.

    `provenance` holds the rows of run_provenance. Keys of tables within the configuration are
    dotted, such as optimizer.learning_rate; a run that has no such key has ABSENT, since a setting
    at its default may be left out. Of the experiments' names and descriptions nothing is said.
    """
    rows = provenance.set_index("run_id").loc[list(run_ids)]
    settings = [_settings(row) for _, row in rows.iterrows()]
    keys = list(dict.fromkeys(key for each in settings for key in each))
    lines = [(key, tuple(each.get(key, ABSENT) for each in settings)) for key in keys]
    return [(key, tuple(map(_short, values))) for key, values in lines if len(set(values)) > 1]


def _settings(row: pd.Series) -> dict[str, str]:
    found = {NAMED.get(key, key): str(row[key]) for key in SETTINGS}
    config = json.loads(row["config"])
    for name in NAMES_NOT_SETTINGS:
        config.pop(name, None)
    config["epochs"] = int(row["epochs"])  # as run, whatever the experiment says
    config.pop("dataset", None)  # likewise: it is what the data set was by default
    config.pop("limit", None)  # training_images says it
    return found | dict(flat(config))


def flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings of a configuration in few words, each with its dotted key."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, spelled(value)


def spelled(value: object) -> str:
    """Return a setting in few words: [128, 128, 128, 64] is 3 x 128, 64."""
    if isinstance(value, list) and not any(isinstance(each, list) for each in value):
        parts = [(own, len(list(same))) for own, same in groupby(value)]
        texts = [
            f"{count} \N{MULTIPLICATION SIGN} {own}" if count > 2 else ", ".join([f"{own}"] * count)
            for own, count in parts
        ]
        return ", ".join(texts) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ABSENT
    return f"{value:g}" if isinstance(value, float) and value == float(f"{value:g}") else f"{value}"


def _short(text: str) -> str:
    if len(text) <= MOST_LETTERS:
        return text
    return f"{text[: MOST_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
