"""Norms of clipped gradients, of weights and of their changes, as far as rows can confirm them.

Weights are not stored. Whatever they are, the following must hold:

- Clipping makes no gradient larger. Without clipping in the configuration, the norms are equal;
  with clipping by norm, the result is the smaller of norm and limit; with clipping by the global
  norm, the gradients of all layers are divided by one number.
- No step changes the norm of the weights by more than its own norm, if the next step is recorded.
- Plain gradient descent changes the weights of all layers by one multiple of their gradients.

Not checked: clipping by value, since cells are summed as they are; a layer whose weights follow
from other parameters; an adaptive step, except for its bound; errors that violate none of these.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, shown

UPDATES = ("clipped_norm", "weight_norm", "update_norm")
NORM = {"double": 1e-10, "single": 1e-5}
"""The error bound of a norm, relative to it: the trainer computes it in the run's precision."""
WEIGHT = {"double": 2.0**-52, "single": 2.0**-23}
"""The error bound of a change of weights, relative to the weights, whose difference it is."""
TINY = 1e-300


def disagreeing_updates(
    config: Mapping[str, Any], float_type: str, every: int, steps: pd.DataFrame
) -> Iterator[Disagreement]:
    """Yield what is impossible about the update norms that a run recorded.

    `steps` has a row for each (layer, epoch, step) of the layers with weights whose gradients are
    finite: gradient_norm according to the cells; clipped_norm, weight_norm and update_norm as
    recorded. Every `every`-th step is recorded.
    """
    if steps.empty or config.get("normalization") == "weight":
        return
    off, grain = NORM[float_type], WEIGHT[float_type]
    frame = steps.sort_values(["layer", "epoch", "step"], ignore_index=True)
    norm, clipped, update = (frame[f"{name}_norm"] for name in ("gradient", "clipped", "update"))
    clipping = config.get("clipping") or {}
    kind = clipping.get("kind")
    if kind in (None, "norm"):
        true = norm if kind is None else norm.clip(upper=clipping["limit"])
        wrong = (clipped - true).abs() > off * true + TINY
        yield from _told(frame[wrong], "clipped_norm", clipped, true, "is")
    else:
        wrong = clipped > norm * (1 + off) + TINY
        yield from _told(frame[wrong], "clipped_norm", clipped, norm, "is at most")
    if kind == "global_norm":
        yield from _of_one_factor(frame, "clipped_norm", clipped, norm, off * norm)
    if every == 1:
        change = (frame["weight_norm"].shift(-1) - frame["weight_norm"]).abs()
        following = (frame["layer"].shift(-1) == frame["layer"]) & _follows(frame)
        most = update * (1 + off) + 2 * off * frame["weight_norm"]
        wrong = following & (change > most)
        yield from _told(frame[wrong], "the next weight_norm", change, update, "differs by at most")
    optimizer = config.get("optimizer") or {}
    if optimizer.get("kind") == "sgd" and not optimizer.get("momentum"):
        slack = off * update + grain * frame["weight_norm"]
        yield from _of_one_factor(frame, "update_norm", update, clipped, slack)


def unclipped(float_type: str, steps: pd.DataFrame) -> Iterator[Disagreement]:
    """Yield norms after clipping that differ from those of gradients recorded as stepped.

    `steps` is as for disagreeing_updates. Nothing else can be said about a watched model's weights:
    what its optimizer does, and what happens between its steps, is unknown.
    """
    frame = steps.reset_index(drop=True)
    norm, clipped = frame["gradient_norm"], frame["clipped_norm"]
    wrong = (clipped - norm).abs() > NORM[float_type] * norm + TINY
    yield from _told(frame[wrong], "clipped_norm", clipped, norm, "is")


def _follows(frame: pd.DataFrame) -> pd.Series:
    """Mark rows followed by one of the same layer and the next step."""
    same = (frame["epoch"].shift(-1) == frame["epoch"]) & (
        frame["step"].shift(-1) == frame["step"] + 1
    )
    begun = (frame["epoch"].shift(-1) == frame["epoch"] + 1) & (frame["step"].shift(-1) == 1)
    return same | begun


def _of_one_factor(
    frame: pd.DataFrame, name: str, of: pd.Series, norms: pd.Series, slack: pd.Series
) -> Iterator[Disagreement]:
    """Yield where a column is not one multiple of norms in all layers of a step."""
    known = norms > TINY
    each = pd.DataFrame({"factor": of / norms.where(known), "slack": slack / norms.where(known)})
    factor = each["factor"].groupby([frame["epoch"], frame["step"]]).transform("median")
    room = each["slack"].groupby([frame["epoch"], frame["step"]]).transform("median")
    wrong = known & ((each["factor"] - factor).abs() > each["slack"] + room)
    yield from _told(frame[wrong], name, of, factor * norms, "is, as in the other layers,")


def _told(
    wrong: pd.DataFrame, name: str, said: pd.Series, true: pd.Series, verb: str
) -> Iterator[Disagreement]:
    for place, row in wrong.iterrows():
        told = f"{name} of step_statistics is {shown(said[place])}, and {verb} {shown(true[place])}"
        yield Disagreement(
            told + " by the gradients", int(row["epoch"]), int(row["layer"]), int(row["step"])
        )
