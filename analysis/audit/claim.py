"""Claims of the paper: how they are written down, tested and judged."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.errors import NoRowsError


class Verdict(StrEnum):
    """The possible verdicts on a claim, as the reports print them.

    HOLDS is for arithmetic alone: what is printed agrees with the rest of what is printed. A
    MISPRINT is a slip of the pen, where what is meant is clear. UNDECIDED is what our rows cannot
    tell, UNTESTED what the runs that there are cannot.
    """

    REPRODUCED = "reproduced"
    SEEN = "seen in some seeds"
    NOT_REPRODUCED = "not reproduced"
    ARTEFACT = "artefact"
    HOLDS = "holds"
    CONTRADICTION = "contradicts itself"
    MISPRINT = "misprint"
    UNDECIDED = "cannot tell"
    UNTESTED = "cannot be tested"


@dataclass(frozen=True)
class Finding:
    """A verdict, what the rows show, and for an artefact the view that shows it.

    `seen` is in how many seeds, of how many, if the verdict is SEEN.
    """

    verdict: Verdict
    found: str
    view: str = ""
    seen: tuple[int, int] | None = None

    @property
    def label(self) -> str:
        """The verdict in words, with the numbers of seeds."""
        return "seen in {} of {} seeds".format(*self.seen) if self.seen else str(self.verdict)

    @classmethod
    def untested(cls, found: str) -> Self:
        """Return the finding for a claim that our rows cannot decide."""
        return cls(Verdict.UNTESTED, found)

    @classmethod
    def reproduced_if(cls, holds: bool, found: str) -> Self:
        """Return the finding for a claim that either holds in our rows or does not."""
        return cls(Verdict.REPRODUCED if holds else Verdict.NOT_REPRODUCED, found)

    @classmethod
    def consistent_if(cls, in_paper: bool, in_rows: bool, found: str) -> Self:
        """Return the finding for a sentence that the paper's own numbers may contradict.

        If our rows agree with it, it is reproduced. If neither they nor the paper's numbers do, the
        paper contradicts itself.
        """
        if in_rows or in_paper:
            return cls.reproduced_if(in_rows, found)
        return cls(Verdict.CONTRADICTION, found)

    @classmethod
    def printed_if(
        cls, holds: bool, found: str, otherwise: Verdict = Verdict.CONTRADICTION
    ) -> Self:
        """Return the finding on arithmetic: what is printed holds, or else is `otherwise`."""
        return cls(Verdict.HOLDS if holds else otherwise, found)

    @classmethod
    def artefact_if(cls, in_stored: bool, found: str, view: str) -> Self:
        """Return the finding for what plain rows do not show, but perhaps storage, in `view`."""
        return cls(Verdict.ARTEFACT, found, view) if in_stored else cls.reproduced_if(False, found)


QUOTATION = re.compile("“([^”]*)”")
ROWS = ("norms", "ratios", "curves", "updates", "saturation", "dead")
"""What a check may ask for by parameter name, besides the evidence and the data set."""


@dataclass(frozen=True)
class Claim:
    """A claim: its place in the paper, what is printed there, and the function that tests it.

    What stands in “ ” is verbatim in the paper, but for marks, white space and what " ... " leaves
    out; without such marks it is a paraphrase. `same_as` names the claim about the same number or
    test, which counts in its place. `arithmetic` is about what is printed alone, or about what the
    runs that are compared have by construction.

    `tolerance` says what deviation is accepted, and why. `check` gets what its parameters name: the
    `evidence`, the name of a `dataset`, and for names in ROWS the result of that Evidence method
    for `experiment` on that data set.
    """

    name: str
    place: str
    printed: str
    tolerance: str
    check: Callable[..., Finding]
    experiment: str = ""
    same_as: str = ""
    arithmetic: bool = False

    @property
    def quotations(self) -> list[str]:
        """What is quoted, piece by piece; none if it is a paraphrase."""
        return [
            piece.strip()
            for quoted in QUOTATION.findall(self.printed)
            for piece in quoted.split(" ... ")
        ]

    @property
    def wording(self) -> str:
        """Whether the paper's words are given, as the reports say it."""
        return "quotation" if self.quotations else "paraphrase"

    @property
    def shown(self) -> str:
        """What is printed, with marks, or marked as a paraphrase."""
        return self.printed if self.quotations else f"(paraphrase) {self.printed}"

    @property
    def asks(self) -> tuple[str, ...]:
        """The parameters of the check."""
        return tuple(inspect.signature(self.check).parameters)

    @property
    def about_datasets(self) -> bool:
        """Whether it is tested once, over all data sets: its check takes none of them."""
        return set(self.asks) <= {"evidence"}


class Section(list[Claim]):
    """The claims of a section of the audit, in order; calling it decorates a claim's check.

    The check's docstring is what the paper prints, and its name the claim's, unless they are given.
    `experiment` is the default experiment of the section's claims; all of them are `arithmetic`,
    or none.
    """

    def __init__(self, title: str, experiment: str = "", arithmetic: bool = False) -> None:
        super().__init__()
        self.title, self.experiment, self.arithmetic = title, experiment, arithmetic

    def __call__(
        self,
        place: str,
        *,
        tolerance: str,
        printed: str = "",
        name: str = "",
        experiment: str = "",
        same_as: str = "",
    ) -> Callable[[Callable[..., Finding]], Callable[..., Finding]]:
        """Return a decorator that makes a claim of a function."""

        def add(check: Callable[..., Finding]) -> Callable[..., Finding]:
            text = printed or " ".join((check.__doc__ or "").split())
            about = experiment or self.experiment
            named = name or check.__name__
            told = (named, place, text, tolerance, check, about, same_as, self.arithmetic)
            self.append(Claim(*told))
            return check

        return add


@dataclass(frozen=True)
class Result:
    """A claim with its finding on each data set that has runs for it, and the queries used.

    `dataset` is the one whose finding is the verdict: the one that fits the paper's Table 9.
    """

    claim: Claim
    dataset: str
    findings: dict[str, Finding]
    queries: tuple[str, ...] = ()

    @property
    def finding(self) -> Finding:
        """The finding on that data set."""
        return self.findings[self.dataset]

    @property
    def verdict(self) -> Verdict:
        """The verdict on that data set."""
        return self.finding.verdict

    @property
    def counted(self) -> bool:
        """Whether it is among the claims that were put to the rows, and not a second name."""
        return not (self.claim.arithmetic or self.claim.same_as)

    @property
    def others(self) -> dict[str, Finding]:
        """Findings on other data sets that have runs to test it on."""
        return {
            dataset: finding
            for dataset, finding in self.findings.items()
            if dataset != self.dataset and finding.verdict != Verdict.UNTESTED
        }


def evaluate(claim: Claim, evidence: Evidence) -> Result:
    """Test a claim on every data set."""
    fitting = evidence.fitting  # first, since its own queries belong to no claim
    evidence.asked.clear()
    datasets = [""] if claim.about_datasets else list(evidence.datasets)
    findings = {dataset: _finding(claim, evidence, dataset) for dataset in datasets}
    tested = [name for name, each in findings.items() if each.verdict != Verdict.UNTESTED]
    order = [fitting, *tested, *datasets]
    counted = next(name for name in order if name in (tested or datasets))
    return Result(claim, counted, findings, tuple(dict.fromkeys(evidence.asked)))


def _finding(claim: Claim, evidence: Evidence, dataset: str) -> Finding:
    given: dict[str, object] = {"evidence": evidence, "dataset": dataset}
    try:
        for name in claim.asks:
            if name in ROWS:
                given[name] = getattr(evidence, name)(claim.experiment, dataset)
        return claim.check(**{name: given[name] for name in claim.asks})
    except NoRowsError as error:
        return Finding.untested(str(error).removesuffix("."))
