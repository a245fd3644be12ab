"""The starting file of somebody's own experiment: every key, what it means, what is allowed."""

import re
from pathlib import Path

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments.catalogue import built_in

_TEMPLATE = Path(__file__).with_suffix(".toml")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def write_starting_file(name: str, folder: Path) -> Path:
    """Write the commented file of an experiment of that name into a folder, and return its path.

    Raises:
        ExperimentError: the name cannot be an experiment's, or is a built-in one's; there is such a
            file already; or it cannot be written.
    """
    if not _NAME.fullmatch(name):
        shown = repr(name if len(name) <= 80 else f"{name[:80]}...")
        raise ExperimentError(
            f"{shown} cannot name an experiment: use a lower-case letter, then at most 31 "
            "lower-case letters, digits and underscores, such as my_network"
        )
    if name in built_in():
        raise ExperimentError(
            f"there is a built-in experiment {name} already, and one name stands for one "
            "experiment: choose another"
        )
    path = folder / f"{name}.toml"
    text = _TEMPLATE.read_text(encoding="utf-8").replace("NAME", name)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ExperimentError(
            f"there is a file {path} already, and it stays as it is: choose another name, or move "
            "the file"
        ) from None
    except OSError as error:
        raise ExperimentError(f"{path} cannot be written: {error.strerror}") from None
    return path
