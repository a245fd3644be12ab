"""A diagnosis in words, as lines of a terminal: what is wrong, or the numbers of a healthy run."""

from collections.abc import Iterator, Sequence
from textwrap import fill

import pandas as pd

from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.faults import Diagnosis, Fault
from vanishing_gradients.analysis.diagnosis.remedies import Remedy
from vanishing_gradients.analysis.diagnosis.wording import change, ends, number, percent
from vanishing_gradients.analysis.words import counted

WIDTH = 100
STILL_FALLING = 0.02
"""A loss that has lost this part of itself in the last epoch has not come to rest."""


def lines(evidence: RunEvidence, diagnosis: Diagnosis) -> Iterator[str]:
    """Yield what there is to say: the fault and its numbers, remedies, other faults, gaps."""
    run = evidence.run
    yield (
        f"Run {run['run_id']}: {run['experiment']} on {run['dataset']}, seed {run['seed']}, "
        f"{counted(evidence.epochs, 'epoch')}."
    )
    if diagnosis.faults:
        yield from _sick(evidence, diagnosis.faults)
    else:
        yield from _well(evidence, diagnosis)
    unknown = gaps(evidence, diagnosis)
    if unknown:
        yield "What cannot be known:"
        yield from _points(unknown)


def _sick(evidence: RunEvidence, faults: Sequence[Fault]) -> Iterator[str]:
    first, *others = faults
    yield f"What is wrong: {first.name}."
    seen = first.seen
    if not any("loss by epoch" in each or "The loss" in each for each in seen):
        seen = (*seen, learning(evidence))
    yield from _points(seen)
    yield "What to try, most likely first:"
    for place, remedy in enumerate(first.remedies, start=1):
        yield from _paragraph(f"{place}. ", _sentence(remedy))
    yield "Write them into a copy of the experiment's file, under another name."
    for other in others:
        yield f"Besides: {other.name}."
        yield from _points(other.seen)
        if other.remedies:
            yield from _paragraph("  Try: ", _sentence(other.remedies[0]))


def _well(evidence: RunEvidence, diagnosis: Diagnosis) -> Iterator[str]:
    loss = evidence.curves["loss"].astype(float)
    if evidence.learns:
        some = " of what can be judged" if diagnosis.unchecked else ""
        yield f"Nothing is wrong{some}. The numbers that say so:"
    elif len(loss) > 1 and loss.iloc[-1] < (1.0 - STILL_FALLING) * loss.iloc[-2]:
        yield (
            "It has learned little, but nothing is wrong: its loss still falls. Give it more "
            "EPOCHS. Its numbers:"
        )
    else:
        yield "It does not learn, and shows none of the faults that are judged. Its numbers:"
    yield from _points(numbers(evidence))


def numbers(evidence: RunEvidence) -> list[str]:
    """Return a sentence each about learning, gradients, steps, neurons, and noise."""
    found = [learning(evidence), _gradients(evidence), _steps(evidence), _neurons(evidence)]
    noise = evidence.variation.loc[evidence.softmax].iloc[-1]
    if pd.notna(noise):
        found.append(
            f"From batch to batch the norm of the loss's gradient deviates by {number(noise)} "
            f"times its mean, with {evidence.config.batch_size} images a batch{_scale(evidence)}."
        )
    return [sentence for sentence in found if sentence]


def learning(evidence: RunEvidence) -> str:
    """Return what became of loss and accuracy."""
    curves = evidence.curves
    first, last = curves.iloc[0], curves.iloc[-1]
    return (
        f"The loss is {number(first['loss'])} in epoch 1 and {number(last['loss'])} in epoch "
        f"{evidence.epochs}, where guessing costs {number(evidence.guessing)}; the accuracy at the "
        f"end {percent(last['accuracy'])} on training and "
        f"{percent(last['test_accuracy'])} on test images."
    )


def _gradients(evidence: RunEvidence) -> str:
    flow = evidence.flow.iloc[:, -1].dropna()
    if len(flow) < 2 or not flow.iloc[-1] > 0.0:
        return ""
    times = number(flow.iloc[0] / flow.iloc[-1])
    return f"Gradients get through: their norm is {ends(flow, evidence.names)}, {times} times that."


def _steps(evidence: RunEvidence) -> str:
    updates = evidence.updates
    ratios = pd.Series() if updates is None else evidence.of_epoch(updates, -1)["ratio"].dropna()
    if ratios.empty:
        return ""
    least, most = int(ratios.idxmin()), int(ratios.idxmax())
    return (
        f"A step changes weights by {number(ratios[least])} (layer {least}) to "
        f"{number(ratios[most])} (layer {most}) of their size in the last epoch; about 0.001 is "
        "usual."
    )


def _neurons(evidence: RunEvidence) -> str:
    if evidence.neurons is None or evidence.neurons.empty:
        return ""
    frame = evidence.of_epoch(evidence.neurons, -1)
    dead = frame["dead"] / frame["width"]
    parts = [f"Dead are {_most(dead, 'neurons')}" if dead.any() else "No neuron is dead"]
    flat = evidence.flat("both", frame)["saturated"]
    if flat.notna().any():
        flat = flat.fillna(0.0)
        parts.append(f"saturated are {_most(flat, 'values')}" if flat.any() else "none saturated")
    return "; ".join(parts) + "."


def _most(shares: pd.Series, of: str) -> str:
    worst = int(shares.idxmax())
    others = ", and fewer elsewhere" if len(shares) > 1 else ""
    return f"{percent(shares[worst])} of the {of} of layer {worst}{others}"


def _scale(evidence: RunEvidence) -> str:
    if evidence.noise_scale is None:
        return ""
    layer = evidence.dense[-1]
    if pd.isna(evidence.noise_scale):
        return f"; in layer {layer} no common gradient can be told from that noise"
    return f"; the noise scale of layer {layer} is {number(evidence.noise_scale)} images"


def gaps(evidence: RunEvidence, diagnosis: Diagnosis) -> list[str]:
    """Return a sentence for each thing that is not known, with what would make it known."""
    run, found = evidence.run, []
    unknown = list(diagnosis.unchecked)
    if evidence.initial_sizes.isna().all():
        unknown.append("the size of the initial weights")
    if unknown:
        found.append(
            f"{', '.join(unknown)}: the run was recorded before steps and single neurons were; "
            f"train it again with `make train EXP={run['experiment']}`."
        )
    if run["status"] != "finished":
        found.append(
            f"How it would have gone on: the run is {run['status']} after {evidence.epochs} of "
            f"{run['epochs']} epochs."
        )
    if evidence.epochs == 1:
        found.append("Whether the loss jumps between epochs: there is one alone.")
    if run["record_every"] > 1:
        found.append(
            f"What happened between the recorded steps, which are every {run['record_every']}th."
        )
    if evidence.noise_scale is None:
        cure = "`make summarize` does, from its cells"
        if run["telemetry"] != "full":
            cure = f"train it again with `make train EXP={run['experiment']}`"
        found.append(f"The noise scale of gradients: an older version did not sum it up; {cure}.")
    return found


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
