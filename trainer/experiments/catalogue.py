"""The catalogue of experiments: built-in ones by name, and anybody's by the path of a TOML file."""

import os
import stat
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import ValidationError

from vanishing_gradients.trainer.datasets.catalogue import is_path
from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments.complaint import EXTENDS, complain, key_lines
from vanishing_gradients.trainer.experiments.experiment import ALTERNATIVES, Experiment
from vanishing_gradients.trainer.experiments.records import shortened

_FOLDER = Path(__file__).parent
_BYTES_MAX = 65_536

# More than any experiment can have in a line, whose longest value is a description of 1,000
# characters. The time to read a key goes with the square of its dots.
_DOTS_MAX = 2_000

_REASON_MAX = 200
_NEVER_INHERITED = ("name", "description")

GROUPS = {
    "paper": "The paper's four (EXP=all)",
    "gallery": "The gallery (EXP=gallery; make gallery)",
    "controls": "Controls of the audit (EXP=controls)",
    "healthy": "Networks that learn (EXP=healthy)",
    "sick": "Networks with one fault each (EXP=sick)",
}
"""Folders of built-in experiments, with their titles. The gallery is of remedies, each alone."""


class _File(NamedTuple):
    """A file of an experiment: where it is, its text, and what the text says."""

    path: Path
    text: str
    table: dict[str, Any]


def names(group: str = "paper") -> list[str]:
    """Return the names of the built-in experiments of a group, sorted within each topic."""
    return [path.stem for path in _paths(group)]


def topics(group: str) -> dict[str, list[str]]:
    """Return the same names by topic, which is the folder within the group; "" if there is none."""
    found: dict[str, list[str]] = {}
    for path in _paths(group):
        topic = path.parent.relative_to(_FOLDER / group).as_posix().removeprefix(".")
        found.setdefault(topic, []).append(path.stem)
    return found


def load(name_or_path: str | os.PathLike[str]) -> Experiment:
    """Return a built-in experiment by name, or one from a TOML file.

    A path ends in .toml or has a slash in it. A file may name another experiment, `extends =
    "sigmoid_sgd"`, and then says only what differs: see `merged`. The other may extend a third.
    Raises ExperimentError where there is no such experiment, or its file cannot be read or used;
    the sentence says what is wrong, in which line, and what would be right.
    """
    files = [_read(_path(name_or_path))]
    while EXTENDS in files[-1].table:
        files.append(_base(files))
    table: dict[str, Any] = {}
    for file in reversed(files):
        table = merged(table, file.table)
        experiment = checked(table, str(file.path), file.text)
    return experiment


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of an experiment that extends another.

    What `changes` says goes before what `base` says, key by key, in inner tables, too, unless they
    are of another kind. A name and a description are never taken over, nor is what the changes say
    in another way (depth in place of hidden_widths).
    """
    inherited = {key: value for key, value in base.items() if key not in _NEVER_INHERITED}
    return updated(inherited, {key: changes[key] for key in changes if key != EXTENDS})


def with_epochs(experiment: Experiment, epochs: int) -> Experiment:
    """Return the experiment with another number of epochs.

    Raises ExperimentError where it cannot be had in so few: its warm-up is longer.
    """
    return checked(experiment.model_dump(mode="json") | {"epochs": epochs}, experiment.name)


def checked(table: dict[str, Any], source: str, text: str = "") -> Experiment:
    """Return the experiment that a table from `source` is; raises ExperimentError if it is none."""
    try:
        return Experiment.model_validate(table)
    except ValidationError as error:
        raise ExperimentError(f"{source}{complain(error, table, text)}") from None


@cache
def built_in() -> Mapping[str, Path]:
    """Return the file of every built-in experiment, by name."""
    return MappingProxyType({path.stem: path for group in GROUPS for path in _paths(group)})


def _paths(group: str) -> list[Path]:
    return sorted((_FOLDER / group).rglob("*.toml"))


def _path(name_or_path: str | os.PathLike[str], folder: Path = Path()) -> Path:
    """Return the file of an experiment; relative paths are relative to `folder`."""
    text = os.fspath(name_or_path)
    if isinstance(name_or_path, os.PathLike) or text.endswith(".toml") or "/" in text:
        return folder / os.path.expanduser(text)
    if text not in built_in():
        close = get_close_matches(text.lower(), built_in(), n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise ExperimentError(
            f"there is no experiment {shortened(text, 100)!r}: {hint}{_built_in_are()}; "
            "your own is given by the path of its TOML file"
        )
    return built_in()[text]


def _base(files: list[_File]) -> _File:
    """Return the file that the last of these files extends; each extends the next."""
    path, text, table = files[-1]
    line, name = key_lines(table, text).get((EXTENDS,)), table[EXTENDS]
    where = f"{path}, line {line}" if line else f"{path}"
    if not isinstance(name, str):
        raise ExperimentError(
            f"{where}: 'extends' is not a text; allowed is the name of a built-in experiment, or "
            "the path of a TOML file"
        )
    try:
        base = _read(_path(name, path.parent))
    except ExperimentError as error:
        raise ExperimentError(f"{where}: {error}") from None
    if any(base.path.samefile(file.path) for file in files):
        raise ExperimentError(
            f"{where}: 'extends' leads in a circle, back to {base.path}; take it out of one of them"
        )
    return base


def updated(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with changes, key by key, but for what they say in another way or kind."""
    said_otherwise = {
        other for pair in ALTERNATIVES for key in pair & changes.keys() for other in pair - {key}
    }
    table = {key: value for key, value in base.items() if key not in said_otherwise}
    for key, value in changes.items():
        old = table.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        if both and value.get("kind", old.get("kind")) == old.get("kind"):
            value = updated(old, value)
        table[key] = value
    return table


def _with_place(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """Return the table of a file; the path of data in it is relative to the file's folder."""
    data = table.get("dataset")
    if not (isinstance(data, str) and is_path(data)):
        return table
    return table | {"dataset": os.path.abspath(path.parent / os.path.expanduser(data))}


def _built_in_are() -> str:
    more = len(built_in()) - len(names())
    return f"built in are {', '.join(names())}, and {more} more that `make experiments` lists"


def _read(path: Path) -> _File:
    try:
        # Asked before opening: opening a named pipe would wait for its writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ExperimentError(f"{path} is not a file; an experiment is one TOML file")
        with path.open("rb") as file:
            content = file.read(_BYTES_MAX + 1)
    except FileNotFoundError:
        raise ExperimentError(
            f"there is no file {shortened(str(path), 100)!r}; "
            f"built-in experiments go by name alone: {_built_in_are()}"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ExperimentError(f"{shortened(str(path), 100)!r} cannot be read: {reason}") from None
    if len(content) > _BYTES_MAX:
        raise ExperimentError(f"{path} is larger than {_BYTES_MAX:,} bytes; is it an experiment?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExperimentError(
            f"{path} is not a text file in UTF-8 (byte {error.start + 1}); an experiment is TOML"
        ) from None
    lines = text.removesuffix("\n").split("\n")
    deep = f"{path} nests its values too deeply to be read"
    for number, line in enumerate(lines, start=1):
        if line.count(".") > _DOTS_MAX:
            raise ExperimentError(f"{deep} (at line {number})")
    try:
        return _File(path, text, _with_place(path, tomllib.loads(text)))
    except RecursionError:
        raise ExperimentError(deep) from None
    except ValueError as error:  # besides syntax errors, numbers of thousands of digits
        end = f"at line {len(lines)}, the end of the file"
        where = str(error).replace("at end of document", end)
        if len(where) > _REASON_MAX:  # it repeats a key, which can be as long as the file
            where = f"{where[:100]}...{where[-50:]}"
        raise ExperimentError(f"{path} is not valid TOML: {where}") from None
