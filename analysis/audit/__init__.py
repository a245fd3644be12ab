"""The audit: every claim of the paper that can be tested on our rows, and the verdict.

eligibility              which runs are used
evidence                 what is queried of them
storage                  norms after a lossy storage, cached once measured
claim                    what a claim is, and the possible verdicts
judges, stored, nearest  how claims are tested
catalogue                the claims, by section of the paper
assumptions              what the paper does not say
output                   the results on a terminal and as CSV
"""

from collections.abc import Iterator

from vanishing_gradients.analysis.audit.catalogue import SECTIONS
from vanishing_gradients.analysis.audit.claim import Claim, Finding, Result, Verdict, evaluate
from vanishing_gradients.analysis.audit.evidence import Evidence

__all__ = ["SECTIONS", "Claim", "Evidence", "Finding", "Result", "Verdict", "evaluate", "run_audit"]


def run_audit(evidence: Evidence) -> Iterator[tuple[str, Result]]:
    """Yield the section and the result of every claim, in the order of the paper."""
    for section in SECTIONS:
        for claim in section:
            yield section.title, evaluate(claim, evidence)
