"""A judgement in words, as lines of a terminal."""

from collections.abc import Iterator, Sequence
from textwrap import fill

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.gaps import gaps
from vanishing_gradients.analysis.diagnosis.judgement import Judgement
from vanishing_gradients.analysis.diagnosis.numbers import falling, learning, numbers
from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED
from vanishing_gradients.analysis.diagnosis.wording import change

WIDTH = 100


def lines(evidence: Evidence, judgement: Judgement) -> Iterator[str]:
    """Yield what there is to say: the fault and its numbers, remedies, other faults, gaps."""
    run = evidence.run
    yield (
        f"Run {run['run_id']}: {run['experiment']} on {run['dataset']}, seed {run['seed']}, "
        f"{evidence.epochs} epoch{'s' if evidence.epochs != 1 else ''}."
    )
    if judgement.findings:
        yield from _sick(evidence, judgement.findings)
    else:
        yield from _well(evidence, judgement)
    unknown = gaps(evidence, judgement)
    if unknown:
        yield "What cannot be known:"
        yield from _points(unknown)


def _sick(evidence: Evidence, findings: Sequence[Finding]) -> Iterator[str]:
    first, *others = findings
    yield f"What is wrong: {first.fault}."
    seen = first.seen
    if not any("loss by epoch" in each or "The loss" in each for each in seen):
        seen = (*seen, learning(evidence))
    yield from _points(seen)
    yield "What to try, most likely first:"
    for place, remedy in enumerate(first.remedies, start=1):
        yield from _paragraph(f"{place}. ", _sentence(remedy))
    yield "Write them into a copy of the experiment's file, under another name."
    for other in others:
        yield f"Besides: {other.fault}."
        yield from _points(other.seen)
        if other.remedies:
            yield from _paragraph("  Try: ", _sentence(other.remedies[0]))


def _well(evidence: Evidence, judgement: Judgement) -> Iterator[str]:
    if evidence.learned >= LEARNED:
        some = " of what can be judged" if judgement.unjudged else ""
        yield f"Nothing is wrong{some}. The numbers that say so:"
    elif falling(evidence):
        yield (
            "It has learned little, but nothing is wrong: its loss still falls. Give it more "
            "EPOCHS. Its numbers:"
        )
    else:
        yield "It does not learn, and shows none of the faults that are judged. Its numbers:"
    yield from _points(numbers(evidence))


def _sentence(remedy: Remedy) -> str:
    example = f"; built in: {remedy.example}" if remedy.example else ""
    return f"{change(remedy.change)}: {remedy.what}{example}. {remedy.source}"


def _points(sentences: Sequence[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from _paragraph("- ", sentence)


def _paragraph(mark: str, text: str) -> Iterator[str]:
    yield fill(
        text,
        WIDTH,
        initial_indent=f"  {mark}",
        subsequent_indent=" " * (len(mark) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
