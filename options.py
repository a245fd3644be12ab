"""Options, and types of them, shared by the commands of several packages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

RUN = click.IntRange(1, 2**31 - 1)
"""A run's number, within the range of the column `runs.run_id`."""
EPOCHS = click.IntRange(1, 10_000)
"""How many epochs a run may have."""

with_data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="DATA_DIR",
    help="folder of the data sets  [default: data]",
)


def into(default: str, what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add --output, the folder that a command writes into."""
    return click.option(
        "--output",
        "folder",
        type=click.Path(path_type=Path),
        default=default,
        show_default=True,
        help=what,
    )
