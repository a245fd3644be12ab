"""H0 and H1 of Section 4.1.2: the effects of optimizers, and their interaction with activations.

The outcome is log10 of a layer's mean row norm over all epochs, one number per seed and layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from vanishing_gradients.analysis.statistics import Comparison, compare, corrected, logarithms


@dataclass(frozen=True)
class Contrast:
    """What is compared: `second` minus `first`; an interaction has a contrast in each."""

    name: str
    title: str
    first: tuple[str, ...]
    second: tuple[str, ...]


CONTRASTS = (
    Contrast("activation_sgd", "ReLU against sigmoid, both with SGD",
             ("sigmoid_sgd",), ("relu_sgd",)),
    Contrast("activation_adam", "ReLU against sigmoid, both with Adam",
             ("sigmoid_adam",), ("relu_adam",)),
    Contrast("optimizer_sigmoid", "Adam against SGD, both with sigmoid",
             ("sigmoid_sgd",), ("sigmoid_adam",)),
    Contrast("optimizer_relu", "Adam against SGD, both with ReLU", ("relu_sgd",), ("relu_adam",)),
    Contrast("interaction", "Adam's effect with ReLU against Adam's effect with sigmoid",
             ("sigmoid_sgd", "sigmoid_adam"), ("relu_sgd", "relu_adam")),
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """A contrast with its comparison in every layer and overall.

    `zeros` counts the norms that were exactly zero, for which the smallest positive one was used.
    """

    contrast: Contrast
    layers: tuple[Comparison, ...]
    overall: Comparison
    zeros: int


def effects(norms: Mapping[str, pd.DataFrame]) -> list[Effect]:
    """Test the contrasts whose experiments are all in `norms`.

    `norms` is experiment -> rows of epoch_means with a column seed. Layers are corrected within
    their contrast, the overall tests among each other (Holm). A seed has no number for a layer
    whose norm was not finite in an epoch.
    """
    measured = {name: _over_epochs(frame) for name, frame in norms.items()}
    tested = []
    for contrast in CONTRASTS:
        names = contrast.first + contrast.second
        if not set(names) <= set(measured):
            continue
        together, zeros = logarithms(pd.concat({name: measured[name] for name in names}))
        sides = []
        for side in (contrast.first, contrast.second):
            parts = [together.loc[name] for name in side]
            shared = parts[0].index.intersection(parts[-1].index)
            sides.append(parts[0] if len(parts) == 1 else (parts[1] - parts[0]).loc[shared])
        if not set(sides[0].index) & set(sides[1].index):
            continue
        *layers, overall = compare(*sides)
        tested.append(Effect(contrast, tuple(layers), overall, zeros))
    if not tested:
        return []
    overalls = corrected([each.overall for each in tested])
    return [replace(each, overall=overall) for each, overall in zip(tested, overalls, strict=True)]


def _over_epochs(norms: pd.DataFrame) -> pd.DataFrame:
    """Return the mean norm over all epochs, seeds down, layers across."""
    by_epoch = norms.pivot(index=["seed", "layer"], columns="epoch", values="norm")
    return by_epoch.mean(axis=1, skipna=False).unstack()
