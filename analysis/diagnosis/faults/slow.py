"""Steps so small that the network stays what it was at first."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import adam, fitting, larger_rate
from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED, REACHED, SMALL_UPDATE
from vanishing_gradients.analysis.diagnosis.wording import epochs, layers, number, percent


def judge(evidence: Evidence) -> Finding | None:
    """Add up what all steps can have done at most, for the layer that moves most."""
    if evidence.learned >= LEARNED:
        return None
    ratios = evidence.updates.pivot(index="layer", columns="epoch", values="ratio").dropna(
        how="all"
    )
    if ratios.empty or not ratios.to_numpy().max() > 0.0:
        return None
    layer = int(ratios.mean(axis=1).idxmax())
    usual = float(ratios.loc[layer].mean())
    reached = usual * evidence.steps
    if not (usual < SMALL_UPDATE and reached < REACHED):
        return None
    seen = (
        f"A step changes weights by {number(usual)} of their size, in the layer that moves most, "
        f"{layers([layer], evidence.names)}; 0.001 is usual.",
        f"All {evidence.steps:,} steps together can have moved them by {percent(reached)} at most.",
        f"The loss by epoch is {epochs(evidence.curves['loss'])}.",
    )
    remedies = [larger_rate(evidence, usual)]
    if not evidence.settings.adaptive:
        remedies.append(adam())
    return Finding("learning rate too small", seen, fitting(remedies, evidence.settings))
