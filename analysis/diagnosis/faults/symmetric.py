"""Neurons of a layer that are all the same, and stay so, since all get the same gradient.

Goodfellow, Bengio and Courville (2016), Deep Learning, section 8.4: the initial parameters must
"break symmetry" between units, https://www.deeplearningbook.org/contents/optimization.html
"""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import fitting, initialization
from vanishing_gradients.analysis.diagnosis.thresholds import SAME
from vanishing_gradients.analysis.diagnosis.wording import layers, number


def judge(evidence: Evidence) -> Finding | None:
    """Compare the neurons of each activation by their gradients of the first epoch.

    Weights that are all 0 are equal too; no gradient gets through them, and none can be compared.
    """
    frame = evidence.of_epoch(evidence.neurons, 0)
    frame = frame[frame["width"] > 1]
    spread = (frame["largest"] - frame["least"]) / frame["mean"].where(frame["mean"] > 0.0)
    same = [int(layer) for layer in spread.index[spread <= SAME]]
    constant = evidence.settings.initialization["kind"] == "constant"
    silent = [int(layer) for layer in frame.index[frame["mean"] == 0.0]] if constant else []
    seen = []
    if same:
        layer = same[0]
        width, mean = int(frame["width"][layer]), frame["mean"][layer]
        seen.append(
            f"All {width} neurons of {layers([layer], evidence.names)} get the same gradient in "
            f"epoch {int(frame['epoch'][layer])}, of mean size {number(mean)} each, with a spread "
            f"of {number(spread[layer])}: they are one neuron, {width} times."
        )
        if len(same) > 1:
            seen.append(f"So it is in {layers(same, evidence.names)}.")
    elif silent:
        seen.append(
            f"All weights start as {number(evidence.settings.initialization.get('value', 0.0))}, "
            f"and through {layers(silent, evidence.names)} no gradient comes at all."
        )
    if not seen:
        return None
    if constant and same:
        value = evidence.settings.initialization.get("value", 0.0)
        seen.append(f"All weights start as {number(value)}.")
    why = "random weights make neurons differ, at a size that keeps the signal's"
    return Finding(
        "symmetric neurons", tuple(seen), fitting([initialization(evidence.settings, why)],
        evidence.settings),
    )  # fmt: skip
