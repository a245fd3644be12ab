"""Faults of gradients on their way back through the layers: they grow, or shrink, on each."""

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Signs
from vanishing_gradients.analysis.diagnosis.wording import ends, layers, number, percent
from vanishing_gradients.analysis.words import counted

TOO_SMALL = 0.5
"""Weights of less than this part of LeCun's size divide the signal on every layer."""
FEW = 0.1
"""Where less than this part of a layer is saturated, saturation is not why gradients vanish."""


def exploding(evidence: RunEvidence) -> Signs | None:
    """Follow the gradient back through the first step's network: later ones may be past saving.

    A fault of the initial weights alone; what a learning rate does to them is another one. He et
    al. (2015), section 2.2, https://arxiv.org/abs/1502.01852
    """
    flow = evidence.first_flow
    if len(flow) < 2:
        return None
    if flow.isna().any():
        lost = int(flow.index[flow.isna()][-1])
        seen = [
            "Already in the first step, with the weights as they start, the gradient of "
            f"{layers([lost], evidence.names)} is not finite."
        ]
    elif flow.iloc[-1] > 0.0 and flow.max() >= thresholds.EXPLODING * flow.iloc[-1]:
        flow = flow.loc[flow.idxmax() :]  # from where it is largest: below it may shrink again
        hidden, growth = len(flow) - 1, flow.iloc[0] / flow.iloc[-1]
        seen = [
            f"In the first step the norm of the gradient is {ends(flow, evidence.names)}: "
            f"{number(growth)} times as large, {counted(hidden, 'layer')} below, "
            f"{number(growth ** (1 / hidden))} times a layer."
        ]
    else:
        return None
    if evidence.dense:
        middle = evidence.dense[len(evidence.dense) // 2]
        size = evidence.initial_sizes[middle]
        kept = (2.0 / evidence.layers["rows_per_step"][middle]) ** 0.5  # section 2.2, equation 10
        if size > kept:
            seen.append(
                f"The weights of {evidence.named(middle)} start with a deviation of "
                f"{number(size)}; {number(kept)} would keep the size of signals (He et al., 2015)."
            )
    seen.append(evidence.losses)
    why = "weights of this size neither grow nor shrink what passes them"
    norm = "normalised layers do not hand on the size of their weights"
    found = [remedies.initialization(evidence, why), remedies.batch_normalization(norm)]
    return Signs(seen, remedies.fitting(evidence, *found), "the initial weights are too large")


def vanishing(evidence: RunEvidence) -> Signs | None:
    """Compare the first activation's gradient with the softmax's, epoch by epoch.

    Hochreiter et al. (2001), Gradient flow in recurrent nets,
    https://www.bioinf.jku.at/publications/older/ch7.pdf; Glorot and Bengio (2010),
    https://proceedings.mlr.press/v9/glorot10a.html
    """
    if len(evidence.flow) < 2:
        return None
    share = (evidence.flow.min() / evidence.flow.iloc[-1]).dropna()
    small = share[share <= thresholds.VANISHING]
    if small.empty and not evidence.vanishes_at_first:
        return None
    epoch = 0 if small.empty else int(small.index[-1])
    flow = evidence.flow[epoch] if epoch else evidence.first_flow
    flow = flow.loc[flow.idxmin() :]  # from where it is smallest
    hidden, when = len(flow) - 1, f"In epoch {epoch}" if epoch else "In the first step"
    how = "nothing arrives at all"
    if flow.iloc[0] != 0.0:
        by = number(flow.iloc[-1] ** (1 / hidden) / flow.iloc[0] ** (1 / hidden))
        how = f"each of {hidden} layers divides it by {by}"
    seen = [f"{when} the norm of the gradient is {ends(flow, evidence.names)}: {how}."]
    if len(share) and epoch < share.index[-1] and share.iloc[-1] > thresholds.VANISHING:
        seen.append(
            f"By epoch {evidence.epochs} the smallest is {number(share.iloc[-1])} times the former."
        )
    if evidence.updates is not None and evidence.dense:
        moved = evidence.of_epoch(evidence.updates, -1)["ratio"].reindex(evidence.dense)
        seen.append(
            f"A step changes the weights of {evidence.named(evidence.dense[0])} by "
            f"{number(moved.iloc[0])} of their size, those of {evidence.named(evidence.dense[-1])} "
            f"by {number(moved.iloc[-1])}; 0.001 is usual."
        )
    seen += _not_saturated(evidence)
    found = [remedies.initialization(evidence, "weights of this size keep the gradient's")]
    if "sigmoid" in evidence.config.activations:
        found = [remedies.rectifier(evidence.config), remedies.ORTHOGONAL]
    norm = "normalised layers keep values, and so gradients, at their size"
    found += [remedies.batch_normalization(norm), remedies.residuals(evidence)]
    return Signs(seen, remedies.fitting(evidence, *found), _why_small(evidence))


def _why_small(evidence: RunEvidence) -> str:
    """Return what makes gradients small: the slopes, or weights that are smaller than they keep."""
    if "sigmoid" in evidence.config.activations:
        return "a sigmoid's slope is 1/4 at most, and the weights do not make up for it"
    hidden = evidence.dense[:-1]
    sizes = (evidence.initial_sizes / evidence.lecun_sizes)[hidden].dropna()
    small = len(sizes) and (sizes.prod() < 0.1 or sizes.min() < TOO_SMALL)
    return "the initial weights are too small" if small else ""


def _not_saturated(evidence: RunEvidence) -> list[str]:
    """Say that saturation is not the cause, where it would be the first to be thought of."""
    if evidence.neurons is None or evidence.neurons.empty or not evidence.flat_kinds("both"):
        return []
    most = float(evidence.of_epoch(evidence.neurons, -1)["saturated"].max())
    if not most < FEW:
        return []
    cause = "weights are too small"
    if "sigmoid" in evidence.config.activations:
        cause = f"a sigmoid's slope is 1/4 at most, and {cause} to make up for that"
    return [
        f"It is not that neurons are saturated (at most {percent(most)} of a layer's values are): "
        f"{cause}."
    ]
