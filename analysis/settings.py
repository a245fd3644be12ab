"""Settings of runs: their differences, and what each changes in the paper's networks."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.runs import TRAINER

SETTINGS = (
    "source", "dataset", "seed", "float_type", "training_images", "record_every", "recorded_at",
    "telemetry",
)  # fmt: skip
IN_WORDS = {"source": "trained by", "dataset": "data set", "float_type": "precision"}
ABSENT = "\N{EN DASH}"
MOST_LETTERS = 60

# The keys in which the paper's four differ.
CHOICES = {"activation": ("sigmoid", "relu"), "optimizer.kind": tuple(paper.OPTIMIZERS)}
RATE = "optimizer.learning_rate"

# The start of a key -> the topic; the first match counts.
TOPICS = {
    "hidden_widths": "Depth and width",
    "activation": "Activation",
    "initial": "Initialisation",
    "normalization": "Normalisation",
    "batch_normalization": "Normalisation",
    "residual": "Residual connections",
    "clipping": "Clipping",
    "dropout": "Dropout and penalties",
    "input_dropout": "Dropout and penalties",
    "penalties": "Dropout and penalties",
    "output": "Outputs and loss",
    "loss": "Outputs and loss",
    "optimizer.schedule": "Learning rate",
    "optimizer.decay": "Learning rate",
    RATE: "Learning rate",
    "optimizer": "Optimizer",
    "batch_size": "Batch size",
    "inputs": "Inputs and labels",
    "labels": "Inputs and labels",
}
NONE, SEVERAL, OTHER = "The paper's networks", "Several at once", "Other"
ORDER = (NONE, *dict.fromkeys(TOPICS.values()), OTHER, SEVERAL)
# Names, defaults that a run overrides by its own data set and training_images, and what follows
# from the data set.
NOT_SETTINGS = ("name", "description", "dataset", "limit", "class_counts")
OPTIMIZER_KEYS = ("learning_rate", "momentum", "weight_decay", "betas")
OPTIMIZER, LEARNING_RATE = TOPICS["optimizer"], TOPICS[RATE]

Difference = tuple[str, tuple[str, ...]]


def differences(provenance: pd.DataFrame, run_ids: Sequence[int]) -> list[Difference]:
    """Return (key, a value for each run) of every setting that is not the same in all runs.

    `provenance` holds the rows of run_provenance. Keys of tables within the configuration are
    dotted, such as optimizer.learning_rate; a run without the key has ABSENT, since a default may
    be left out. The experiments' names and descriptions are ignored.
    """
    rows = provenance.set_index("run_id").loc[list(run_ids)]
    settings = [
        {IN_WORDS.get(key, key): ABSENT if pd.isna(row[key]) else str(row[key]) for key in SETTINGS}
        | _flat(_config(row))
        for _, row in rows.iterrows()
    ]
    keys = list(dict.fromkeys(key for each in settings for key in each))
    lines = [(key, tuple(each.get(key, ABSENT) for each in settings)) for key in keys]
    return [(key, tuple(map(_short, values))) for key, values in lines if len(set(values)) > 1]


def _config(row: pd.Series) -> dict[str, object]:
    """Return a run's configuration, and its epochs if known.

    What was recorded of a watched model gets the trainer's keys.
    """
    given: dict[str, object] = json.loads(row["config"])
    if row["source"] != TRAINER:
        seen = dict(given.pop("watch", None) or {})
        optimizer = {"kind": seen.pop("optimizer", None)} | {
            key: seen.pop(key) for key in OPTIMIZER_KEYS if key in seen
        }
        seen["optimizer"] = {
            key: value.lower() if isinstance(value, str) else value
            for key, value in optimizer.items()
        }
        given = _known(seen) | given
    epochs = {} if pd.isna(row["epochs"]) else {"epochs": int(row["epochs"])}
    return given | epochs


def _known(table: Mapping[str, object]) -> dict[str, object]:
    """Leave out None values, in nested tables too."""
    return {
        key: _known(value) if isinstance(value, Mapping) else value
        for key, value in table.items()
        if value is not None
    }


def topic(config: Mapping[str, object]) -> str:
    """Return what a registered configuration changes in the paper's networks.

    If the optimizer differs, its constants and learning rate count as part of it.
    """
    settings = _flat(config)
    rate = settings.pop(RATE, None)
    settings.pop("epochs", None)
    changed = {
        next((TOPICS[start] for start in TOPICS if key.startswith(start)), OTHER)
        for key, value in settings.items()
        if value not in CHOICES.get(key, (PAPER.get(key), ABSENT))
    }
    optimizer = paper.OPTIMIZERS.get(settings.get("optimizer.kind", ""), {})
    usual = spelled(optimizer.get("learning_rate"))
    if OPTIMIZER in changed:
        changed.discard(LEARNING_RATE)
    elif rate not in (None, usual):
        changed.add(LEARNING_RATE)
    if len(changed) > 1:
        return SEVERAL
    return changed.pop() if changed else NONE


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Return the settings of a configuration in a few words, each with its dotted key."""
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif prefix + key not in NOT_SETTINGS:
            found[prefix + key] = spelled(value)
    return found


def spelled(value: object) -> str:
    """Return a setting in a few words: [128, 128, 128, 64] is 3 x 128, 64."""
    if isinstance(value, dict):  # what it is, and its constants: he normal
        return " ".join(spelled(each) for each in value.values() if each is not None)
    if isinstance(value, list) and not any(isinstance(each, list) for each in value):
        value = [spelled(each) if isinstance(each, dict) else each for each in value]
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


# What the paper's four have in common; a missing key has its default, as here.
PAPER = _flat(
    paper.CONFIGURATION
    | {"normalization": "none"}
    | {"penalties": dict.fromkeys(("weight_l1", "weight_l2", "bias_l1", "bias_l2"), 0.0)}
    | {"optimizer": paper.OPTIMIZERS["sgd"] | paper.OPTIMIZERS["adam"]}
)
