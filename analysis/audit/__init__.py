"""The audit: every claim of the paper that can be put to our rows, and what becomes of it.

evidence, eligibility    which runs are asked, and what
storage                  norms as a lossy storage would have them, kept once measured
claim, verdict           what a claim is, and what can become of it
judges, stored, nearest  how claims are tested
catalogue                the claims, by section of the paper
output                   the results on a terminal and as CSV
"""

from collections.abc import Iterator

from vanishing_gradients.analysis.audit.catalogue import SECTIONS
from vanishing_gradients.analysis.audit.claim import Claim, Result, judged
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.verdict import Finding, Verdict

__all__ = ["SECTIONS", "Claim", "Evidence", "Finding", "Result", "Verdict", "audited"]


def audited(evidence: Evidence) -> Iterator[tuple[str, Result]]:
    """Yield the section and the result of every claim, in the order of the paper."""
    for section, claims in SECTIONS.items():
        for claim in claims:
            yield section, judged(claim, evidence)
