"""Options that several of the trainer's commands share: data, size and seeds."""

import os
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import click

from vanishing_gradients.options import EPOCHS, with_data_dir
from vanishing_gradients.trainer.datasets import NAMES, is_path

LARGEST_SEED = 2**63 - 1
"""The largest seed that fits the column `runs.seed`."""
FEW, MANY = click.IntRange(1, 10_000), click.IntRange(1, 10**9)

option = partial(click.option, show_default=True)


def together(*options: Callable) -> Callable:
    """Return one decorator that adds these options, in this order."""
    return lambda command: reduce(lambda made, add: add(made), reversed(options), command)


class _Data(click.Choice):
    """A data set's name, or the path of somebody's own data, which is made absolute."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name or the path; a word that is neither is refused as a name."""
        if is_path(value):
            return os.path.abspath(os.path.expanduser(value))
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            names = error.message.removesuffix(".")
            self.fail(f"{names}, nor a path, which has a slash or an ending.", param, ctx)


with_data_options = together(
    option(
        "--dataset",
        type=_Data(NAMES),
        help="auto: MNIST, else Fashion-MNIST, else the bundled sample; or the path of your own "
        "data  [default: the experiment's, else auto]",
    ),
    with_data_dir,
)
with_scheduler = option(
    "--scheduler", help="the address of a Dask cluster whose workers train: tcp://host:8786"
)
with_size_and_seed_options = together(
    option("--epochs", type=EPOCHS, help="instead of the experiment's own"),
    option("--limit", type=MANY, help="the first N training images"),
    option("--precision", type=click.Choice(["double", "single"]), default="double"),
    option("--seed", type=click.IntRange(0, LARGEST_SEED), default=1),
    option("--seeds", type=FEW, default=1, help="how many seeds, from SEED up"),
)
