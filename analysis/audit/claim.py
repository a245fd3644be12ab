"""One claim of the paper, how it is tested, and the result of testing it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.verdict import Finding, Verdict
from vanishing_gradients.analysis.errors import NoRowsError

Judge = Callable[[Evidence, str], Finding]


@dataclass(frozen=True)
class Claim:
    """A claim: its place in the paper, what is printed there, and the judge that tests it.

    `tolerance` says how far off is near enough, and why. `judge` gets the evidence and the name of
    a data set; a claim that is `about_datasets` is judged once, over all of them.
    """

    name: str
    place: str
    printed: str
    tolerance: str
    judge: Judge
    about_datasets: bool = False


@dataclass(frozen=True)
class Result:
    """A claim with its finding on each data set that has runs for it, and the queries asked.

    `dataset` is the one whose finding is the verdict: the one that the paper's Table 9 fits.
    """

    claim: Claim
    dataset: str
    findings: dict[str, Finding]
    queries: tuple[str, ...] = field(default=())

    @property
    def finding(self) -> Finding:
        """The finding that counts."""
        return self.findings[self.dataset]

    @property
    def verdict(self) -> Verdict:
        """The verdict that counts."""
        return self.finding.verdict

    @property
    def others(self) -> dict[str, Finding]:
        """Findings on other data sets, where there are runs to be judged."""
        return {
            dataset: finding
            for dataset, finding in self.findings.items()
            if dataset != self.dataset and finding.verdict != Verdict.UNTESTED
        }


def judged(claim: Claim, evidence: Evidence) -> Result:
    """Judge a claim on every data set."""
    fitting = evidence.fitting  # before listening: its own queries belong to no claim
    evidence.asked.clear()
    datasets = [""] if claim.about_datasets else list(evidence.datasets)
    findings = {dataset: _finding(claim, evidence, dataset) for dataset in datasets}
    tested = [name for name, each in findings.items() if each.verdict != Verdict.UNTESTED]
    order = [fitting, *tested, *datasets]
    counted = next(name for name in order if name in (tested or datasets))
    return Result(claim, counted, findings, tuple(dict.fromkeys(evidence.asked)))


def _finding(claim: Claim, evidence: Evidence, dataset: str) -> Finding:
    try:
        return claim.judge(evidence, dataset)
    except NoRowsError as error:
        return Finding(Verdict.UNTESTED, str(error).removesuffix("."))
