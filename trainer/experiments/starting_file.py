"""The starting file of somebody's own experiment: every key, what it means, what is allowed.

What there is to say of each kind is derived from its class; the rest is starting_file.toml.
"""

import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from vanishing_gradients.installation import as_typed
from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments.catalogue import built_in
from vanishing_gradients.trainer.experiments.experiment import NAME
from vanishing_gradients.trainer.experiments.records import (
    CLIPPING,
    INITIALIZATION,
    OPTIMIZER,
    SCHEDULE,
    KindRecord,
    setting_of,
    shortened,
)
from vanishing_gradients.trainer.network.activations import ACTIVATIONS

_WRITTEN_OUT = "adam"


def write_starting_file(name: str, folder: Path) -> Path:
    """Write the commented file of an experiment of that name into a folder, and return its path.

    Raises ExperimentError where the name cannot be an experiment's, or is a built-in one's; where
    there is such a file already; or where it cannot be written.
    """
    if not re.fullmatch(NAME, name):
        raise ExperimentError(
            f"{shortened(name)!r} cannot name an experiment: use a lower-case letter, then at most "
            "31 lower-case letters, digits and underscores, such as my_network"
        )
    if name in built_in():
        raise ExperimentError(
            f"there is a built-in experiment {name} already, and one name stands for one "
            "experiment: choose another"
        )
    path = folder / f"{name}.toml"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(starting_text(name))
    except FileExistsError:
        raise ExperimentError(
            f"there is a file {path} already, and it stays as it is: choose another name, or move "
            "the file"
        ) from None
    except OSError as error:
        with suppress(OSError):
            path.unlink()  # which was ours: nothing was there before
        raise ExperimentError(
            f"{path} cannot be written ({error.strerror}): make room there, or run this in a "
            "folder that you may write to"
        ) from None
    return path


def starting_text(name: str) -> str:
    """Return the text of the file of an experiment of that name."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    parts = {
        "NAME": name,
        "@activations@": _comment(f"{_listed(ACTIVATIONS)}; or a list, one for each hidden layer."),
        "@initializations@": _examples("initialization", INITIALIZATION),
        "@clippings@": _examples("clipping", CLIPPING),
        "@optimizers@": _comment(f"kind is one of {_listed(OPTIMIZER)}."),
        "@settings@": _optimizer_settings(),
        "@schedules@": _examples("schedule", SCHEDULE),
    }
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return as_typed(text)


def _examples(key: str, records: Mapping[str, type[KindRecord]]) -> str:
    """Return for each kind a comment, and a commented line that sets it with its defaults."""
    lines = []
    for kind, record in records.items():
        lines.append(_comment(inspect.getdoc(record.made).split("\n")[0]))
        lines += [_comment(f"{name}: {_allowed(record, name)}.") for name in record.settings]
        defaults = {name: record.model_fields[name].default for name in record.settings}
        said = {"kind": kind} | {k: v for k, v in defaults.items() if v is not None}
        pairs = ", ".join(f"{name} = {_toml(value)}" for name, value in said.items())
        lines.append(f"#{key} = {{ {pairs} }}")
    return "\n".join(lines)


def _optimizer_settings() -> str:
    """Return a line for each setting of any optimizer; those that Adam has not are commented."""
    lines = []
    for name in dict.fromkeys(name for record in OPTIMIZER.values() for name in record.settings):
        having = [kind for kind, record in OPTIMIZER.items() if name in record.settings]
        kind = _WRITTEN_OUT if _WRITTEN_OUT in having else having[0]
        record = OPTIMIZER[kind]
        about = f"{setting_of(record.made, name).description}; {_allowed(record, name)}."
        about = about[0].upper() + about[1:]
        if having != list(OPTIMIZER):
            about = f"Of {', '.join(having)}: {about}"
        defaults = {each: OPTIMIZER[each].model_fields[name].default for each in having}
        if len(set(defaults.values())) > 1:
            about += " If it is left out: "
            about += ", ".join(f"{_toml(value)} for {each}" for each, value in defaults.items())
            about += "."
        line = f"{name} = {_toml(defaults[kind])}"
        lines += [_comment(about), line if kind == _WRITTEN_OUT else f"#{line}"]
    return "\n".join(lines)


def _allowed(record: type[KindRecord], name: str) -> str:
    return record.model_fields[name].description.replace("'", '"')


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _comment(text: str) -> str:
    return textwrap.fill(text, 100, initial_indent="# ", subsequent_indent="# ")


def _toml(value: Any) -> str:
    return json.dumps(value).replace("e-0", "e-")  # TOML writes these values as JSON does
