"""Files reach the output folder whole: made elsewhere, moved when all of them are there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vanishing_gradients.analysis.errors import OutputError


@contextmanager
def staged(folder: Path, last: str) -> Iterator[Path]:
    """Give an empty folder; at the end move its files into `folder`, the one named `last` at last.

    Files of other names in `folder` stay as they are. After an error inside, nothing has changed.
    Raises OutputError where the folder cannot be made or written.
    """
    stage = None
    try:
        stage = Path(tempfile.mkdtemp(prefix=".drawing-", dir=_existing(folder)))
        yield stage
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(stage.iterdir(), key=lambda path: path.name == last):
            os.replace(path, folder / path.name)
    except OSError as error:
        raise OutputError(
            f"Cannot write figures to {folder} ({error.strerror}): "
            "choose another folder with --output."
        ) from error
    finally:
        if stage:
            shutil.rmtree(stage)


def _existing(folder: Path) -> Path:
    """Return `folder` or its nearest ancestor that exists: moving from there is one step."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.exists())
