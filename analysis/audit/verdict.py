"""What became of a claim."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The five things that can become of a claim, as the reports print them."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    ARTEFACT = "artefact"
    CONTRADICTION = "contradicts itself"
    UNTESTED = "cannot be tested"


@dataclass(frozen=True)
class Finding:
    """A verdict, what was found in the rows, and for an artefact the view that shows it."""

    verdict: Verdict
    found: str
    view: str = ""


def reproduced_if(holds: bool, found: str) -> Finding:
    """Return the finding of a claim that either holds in our rows or does not."""
    return Finding(Verdict.REPRODUCED if holds else Verdict.NOT_REPRODUCED, found)


def consistent_if(in_paper: bool, in_rows: bool, found: str) -> Finding:
    """Return the finding of a sentence that the paper's own numbers may deny.

    It is reproduced where our rows agree with it; else, where the paper's numbers do not agree with
    it either, the paper contradicts itself.
    """
    if in_rows or in_paper:
        return reproduced_if(in_rows, found)
    return Finding(Verdict.CONTRADICTION, found)
