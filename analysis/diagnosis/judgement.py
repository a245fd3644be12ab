"""The judgement of a run: the faults that were seen, and those that could not be looked for."""

from dataclasses import dataclass

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.faults import FAULTS
from vanishing_gradients.analysis.diagnosis.finding import Finding

MOST = 3
"""More faults than these at once help nobody: the rest shows again after the first cure."""


@dataclass(frozen=True)
class Judgement:
    """What was found in a run.

    Attributes:
        findings: causes before symptoms, the first being the one to mend; none in a healthy run.
        unjudged: names of the faults for which the evidence was not recorded.
    """

    findings: tuple[Finding, ...]
    unjudged: tuple[str, ...]


def judged(evidence: Evidence) -> Judgement:
    """Look for every fault, and leave out what another one explains."""
    found, unjudged, hidden = [], [], set()
    for fault in FAULTS:
        if any(getattr(evidence, need) is None for need in fault.needs):
            unjudged.append(fault.name)
            continue
        if fault.name in hidden:
            continue
        finding = fault.judge(evidence)
        if finding is not None:
            found.append(finding)
            hidden.update(fault.hides)
    return Judgement(tuple(found[:MOST]), tuple(unjudged))
