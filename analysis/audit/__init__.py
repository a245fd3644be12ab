"""The audit: every claim of the paper that can be put to our rows, and what becomes of it.

evidence                 which runs are asked, and what
storage                  norms as a lossy storage would have them, kept once measured
claim                    what a claim is, and what can become of it
judges, stored, nearest  how claims are tested
catalogue                the claims, by section of the paper
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
