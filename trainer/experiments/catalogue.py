"""The catalogue of experiments: built-in ones by name, and anybody's by the path of a TOML file."""

import os
import stat
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments.complaint import complain
from vanishing_gradients.trainer.experiments.experiment import Experiment
from vanishing_gradients.trainer.experiments.lines import Lines

_FOLDER = Path(__file__).parent
_BYTES_MAX = 65_536

# More than any experiment can have in a line, whose longest value is a description of 1,000
# characters. The time to read a key goes with the square of its dots.
_DOTS_MAX = 2_000

_REASON_MAX = 200

GROUPS = ("paper", "gallery", "healthy", "sick")
"""Folders of built-in experiments: the paper's four; remedies, each alone; networks that learn, and
networks with one fault each."""


def names(group: str = "paper") -> list[str]:
    """Return the names of the built-in experiments of a group, sorted within each topic."""
    return [path.stem for path in _paths(group)]


def topics(group: str) -> dict[str, list[str]]:
    """Return the same names by topic, which is the folder within the group; "" if there is none."""
    found: dict[str, list[str]] = {}
    for path in _paths(group):
        topic = path.parent.relative_to(_FOLDER / group).as_posix()
        found.setdefault("" if topic == "." else topic, []).append(path.stem)
    return found


def load(name_or_path: str | os.PathLike[str]) -> Experiment:
    """Return a built-in experiment by name, or one from a TOML file.

    Args:
        name_or_path: a name of any group, or a path, which ends in .toml or has a slash in it.

    Raises:
        ExperimentError: there is no such experiment, or its file cannot be read or used; the
            sentence says what is wrong, in which line, and what would be right.
    """
    text = os.fspath(name_or_path)
    if isinstance(name_or_path, os.PathLike) or text.endswith(".toml") or "/" in text:
        return _read(Path(os.path.expanduser(text)))
    if text not in built_in():
        raise ExperimentError(_unknown(text))
    return _read(built_in()[text])


def with_epochs(experiment: Experiment, epochs: int) -> Experiment:
    """Return the experiment with another number of epochs.

    Raises ExperimentError where it cannot be had in so few: its warm-up is longer.
    """
    table = experiment.model_dump(mode="json") | {"epochs": epochs}
    try:
        return Experiment.model_validate(table)
    except ValidationError as error:
        raise ExperimentError(f"{experiment.name}{complain(error, table, None)}") from None


@cache
def built_in() -> Mapping[str, Path]:
    """Return the file of every built-in experiment, by name."""
    return MappingProxyType({path.stem: path for group in GROUPS for path in _paths(group)})


def _paths(group: str) -> list[Path]:
    return sorted((_FOLDER / group).rglob("*.toml"))


def _unknown(name: str) -> str:
    close = get_close_matches(name.lower(), built_in(), n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return (
        f"there is no experiment {_shorten(name)}: {hint}{_built_in_are()}; "
        "your own is given by the path of its TOML file"
    )


def _built_in_are() -> str:
    more = len(built_in()) - len(names())
    return f"built in are {', '.join(names())}, and {more} more that `make experiments` lists"


def _read(path: Path) -> Experiment:
    content = _decode(path, _bytes(path))
    lines = content.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.count(".") > _DOTS_MAX:
            raise ExperimentError(
                f"{path} nests its values too deeply to be read (at line {number})"
            )
    try:
        table = tomllib.loads(content)
    except RecursionError:
        raise ExperimentError(f"{path} nests its values too deeply to be read") from None
    except ValueError as error:  # besides syntax errors, numbers of thousands of digits
        end = f"at line {len(lines)}, the end of the file"
        where = str(error).replace("at end of document", end)
        if len(where) > _REASON_MAX:  # it repeats a key, which can be as long as the file
            where = f"{where[:100]}...{where[-50:]}"
        raise ExperimentError(f"{path} is not valid TOML: {where}") from None
    try:
        return Experiment.model_validate(table)
    except ValidationError as error:
        raise ExperimentError(f"{path}{complain(error, table, Lines(content))}") from None


def _bytes(path: Path) -> bytes:
    try:
        # Asked before opening: opening a named pipe would wait for its writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ExperimentError(f"{path} is not a file; an experiment is one TOML file")
        with path.open("rb") as file:
            content = file.read(_BYTES_MAX + 1)
    except FileNotFoundError:
        raise ExperimentError(
            f"there is no file {_shorten(str(path))}; built-in experiments go by name alone: "
            f"{_built_in_are()}"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ExperimentError(f"{_shorten(str(path))} cannot be read: {reason}") from None
    if len(content) > _BYTES_MAX:
        raise ExperimentError(f"{path} is larger than {_BYTES_MAX:,} bytes; is it an experiment?")
    return content


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExperimentError(
            f"{path} is not a text file in UTF-8 (byte {error.start + 1}); an experiment is TOML"
        ) from None


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:100] + "...")
