"""A diagnosis in words, as lines of a terminal: what is wrong, or the numbers of a healthy run."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from textwrap import fill

import pandas as pd

from vanishing_gradients.analysis.diagnosis.answers import answers
from vanishing_gradients.analysis.diagnosis.checklist import checklist
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.faults import Diagnosis, Fault
from vanishing_gradients.analysis.diagnosis.pytorch import TORCH
from vanishing_gradients.analysis.diagnosis.pytorch import lines as lines_of_code
from vanishing_gradients.analysis.diagnosis.remedies import Remedy
from vanishing_gradients.analysis.diagnosis.thresholds import VANISHING
from vanishing_gradients.analysis.diagnosis.wording import ends, number, percent, replacement
from vanishing_gradients.analysis.runs import epochs_of
from vanishing_gradients.analysis.words import counted

WIDTH = 100


def lines(evidence: RunEvidence, diagnosis: Diagnosis) -> Iterator[str]:
    """Yield what there is to say: the fault and its numbers, remedies, other faults, gaps."""
    run = evidence.run
    on = "" if pd.isna(run["dataset"]) else f" on {run['dataset']}"
    seed = "" if pd.isna(run["seed"]) else f"seed {run['seed']}, "
    watched = f"a watched {run['source']} model, " if evidence.watched else ""
    yield (
        f"Run {run['run_id']}: {run['experiment']}{on}, {watched}{seed}"
        f"{counted(evidence.epochs, 'epoch')}."
    )
    if diagnosis.faults:
        yield from _sick(evidence, diagnosis.faults)
    else:
        yield from _well(evidence, diagnosis)
    answered = list(answers(evidence))
    if answered:
        yield "What one may ask of such a run:"
        yield from _points(answered)
    unknown = gaps(evidence, diagnosis)
    if unknown:
        yield "What cannot be known:"
        yield from _points(unknown)


def _sick(evidence: RunEvidence, faults: Sequence[Fault]) -> Iterator[str]:
    first, *others = faults
    yield from _paragraph("", f"What is wrong: {first.in_words}.", indent=0)
    seen = first.seen
    if not any(" loss " in each.lower() for each in seen):
        seen = (*seen, learning(evidence))
    yield from _points(seen)
    yield "What to try, one at a time, most likely first:"
    yield from remedies_in_words(evidence, first)
    if not evidence.watched:
        yield (
            f"`make remedy RUN={evidence.run['run_id']}` tries each of them for a few epochs, and "
            "writes the files."
        )
    for other in others:
        yield from _paragraph("", f"Besides: {other.in_words}.", indent=0)
        yield from _points(other.seen)
        if other.remedies:
            yield from _paragraph("  Try: ", _sentence(other.remedies[0], evidence))


def remedies_in_words(evidence: RunEvidence, fault: Fault) -> Iterator[str]:
    """Yield a numbered paragraph for each remedy of a fault."""
    for place, remedy in enumerate(fault.remedies, start=1):
        yield from _paragraph(f"{place}. ", _sentence(remedy, evidence))


def _well(evidence: RunEvidence, diagnosis: Diagnosis) -> Iterator[str]:
    falls = evidence.still_falls
    if evidence.guessing is None:
        yield _well_as_far(evidence, diagnosis)
    elif evidence.learns:
        some = " of what can be judged" if diagnosis.unchecked else ""
        yield f"Nothing is wrong{some}. The numbers that say so:"
    elif falls:
        yield (
            "It has learned little, but nothing is wrong: its loss still falls. Give it more "
            "EPOCHS. Its numbers:"
        )
    else:
        yield "It does not learn, and shows none of the faults that are judged. Its numbers:"
    yield from _points(numbers(evidence))
    if evidence.learns is False and not falls:
        yield "What to check, one at a time:"
        yield from _points(checklist(evidence))


def _well_as_far(evidence: RunEvidence, diagnosis: Diagnosis) -> str:
    """Return that a watched model shows no fault, and what that says."""
    if evidence.learns:
        some = " of what can be judged" if diagnosis.unchecked else ""
        return f"Nothing is wrong{some}: the loss has fallen. The numbers that say so:"
    if evidence.learns is False:
        return "Its loss does not fall, but shows none of the faults that are judged. Its numbers:"
    if evidence.is_told:
        return "No fault shows that can be judged. Its numbers:"
    return "No fault shows that can be judged; whether it learns is not known. Its numbers:"


def numbers(evidence: RunEvidence) -> list[str]:
    """Return a sentence each about learning, gradients, steps, neurons, and noise."""
    found = [learning(evidence), _gradients(evidence), _steps(evidence), _neurons(evidence)]
    noise = float("nan")
    if evidence.loss_layer is not None:
        noise = evidence.variation.loc[evidence.loss_layer].iloc[-1]
    if pd.notna(noise):
        batch = evidence.config.batch_size
        of = "" if batch is None else f", with {batch} {evidence.samples} a batch"
        found.append(
            f"From batch to batch the norm of the loss's gradient deviates by {number(noise)} "
            f"times its mean{of}{_scale(evidence)}."
        )
    return [sentence for sentence in found if sentence]


def learning(evidence: RunEvidence) -> str:
    """Return what became of loss and accuracy."""
    curves = evidence.curves
    if evidence.guessing is None:
        return _learning_as_told(evidence)
    first, last = curves.iloc[0], curves.iloc[-1]
    return (
        f"The loss is {number(first['loss'])} in epoch 1 and {number(last['loss'])} in epoch "
        f"{evidence.epochs}, where guessing costs {number(evidence.guessing)}; at the end "
        f"{number(last['test_loss'])} on test images. The accuracy is then "
        f"{percent(last['accuracy'])} on training and {percent(last['test_accuracy'])} on test "
        "images."
    )


def _learning_as_told(evidence: RunEvidence) -> str:
    """Return what became of what was told of a watched model's loss and accuracy."""
    parts = []
    for name, column, form in (
        ("loss", "loss", number), ("loss on data held out", "test_loss", number),
        ("accuracy", "accuracy", percent), ("accuracy on data held out", "test_accuracy", percent),
    ):  # fmt: skip
        told = evidence.curves[column].astype(float).dropna()
        if len(told):
            ends = f"{form(told.iloc[-1])} in epoch {told.index[-1]}"
            if len(told) > 1:
                ends = f"{form(told.iloc[0])} in epoch {told.index[0]} and {ends}"
            parts.append(f"the {name} is {ends}")
    if not parts:
        return "No loss was told."
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _gradients(evidence: RunEvidence) -> str:
    if evidence.flow.empty:
        return ""
    flow = evidence.flow.iloc[:, -1].dropna()
    if len(flow) < 2 or not flow.iloc[-1] > 0.0:
        return ""
    share = flow.iloc[0] / flow.iloc[-1]
    how = "get through" if share > VANISHING else "hardly get through"
    told = ends(flow, evidence.names)
    return f"Gradients {how}: their norm is {told}, {number(share)} times that."


def _steps(evidence: RunEvidence) -> str:
    updates = evidence.updates
    ratios = pd.Series() if updates is None else evidence.of_epoch(updates, -1)["ratio"].dropna()
    if ratios.empty:
        return ""
    least, most = int(ratios.idxmin()), int(ratios.idxmax())
    return (
        f"A step changes weights by {number(ratios[least])} ({evidence.named(least)}) to "
        f"{number(ratios[most])} ({evidence.named(most)}) of their size in the last epoch; about "
        "0.001 is usual."
    )


def _neurons(evidence: RunEvidence) -> str:
    if evidence.neurons is None or evidence.neurons.empty:
        return ""
    frame = evidence.of_epoch(evidence.neurons, -1)
    dead = frame["dead"] / frame["width"]
    most = partial(_most, evidence)
    parts = [f"Dead are {most(dead, 'neurons')}" if dead.any() else "No neuron is dead"]
    flat = evidence.flat("both", frame)["saturated"]
    if flat.notna().any():
        flat = flat.fillna(0.0)
        parts.append(f"saturated are {most(flat, 'values')}" if flat.any() else "none saturated")
    return "; ".join(parts) + "."


def _most(evidence: RunEvidence, shares: pd.Series, of: str) -> str:
    worst = int(shares.idxmax())
    others = ", and fewer elsewhere" if len(shares) > 1 else ""
    return f"{percent(shares[worst])} of the {of} of {evidence.named(worst)}{others}"


def _scale(evidence: RunEvidence) -> str:
    if evidence.noise_scale is None:
        return ""
    layer = evidence.named(evidence.dense[-1])
    if pd.isna(evidence.noise_scale):
        return f"; in {layer} no common gradient can be told from that noise"
    return f"; the noise scale of {layer} is {number(evidence.noise_scale)} {evidence.samples}"


def gaps(evidence: RunEvidence, diagnosis: Diagnosis) -> list[str]:
    """Return a sentence for each thing that is not known, with what would make it known."""
    run, found = evidence.run, []
    if evidence.watched:
        return _gaps_of_watched(evidence, diagnosis)
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
    found += _gaps_in_time(evidence)
    if evidence.noise_scale is None:
        cure = "`make summarize` does, from its cells"
        if run["telemetry"] != "full":
            cure = f"train it again with `make train EXP={run['experiment']}`"
        found.append(f"The noise scale of gradients: an older version did not sum it up; {cure}.")
    return found


def _gaps_in_time(evidence: RunEvidence) -> list[str]:
    """Return a sentence for each thing that too few epochs, or steps, were recorded for."""
    found, every = [], evidence.run["record_every"]
    if evidence.epochs == 1:
        found.append("Whether the loss jumps between epochs: there is one alone.")
    if every > 1:
        found.append(f"What happened between the recorded steps, which are every {every}th.")
    return found


def _gaps_of_watched(evidence: RunEvidence, diagnosis: Diagnosis) -> list[str]:
    """Return a sentence for each thing that is not known of a watched model."""
    run, found = evidence.run, []
    if not evidence.is_told:
        found.append("Whether it learns: no loss was told; w.log(loss=loss) does.")
    else:
        found.append(
            "What guessing costs: the loss function is not known, so learning is judged by the "
            "course of the loss alone."
        )
    if evidence.curves[["accuracy", "test_accuracy"]].isna().all(axis=None):
        found.append("The accuracy: none was told; w.evaluated(accuracy=...) does.")
    if not evidence.activations or evidence.loss_layer is None:
        absent = [] if evidence.activations else ["activations"]
        absent += ["the model's output"] if evidence.loss_layer is None else []
        reach = "how far gradients reach is not" if len(evidence.flow) < 2 else "theirs are not"
        found.append(
            f"The gradients of {' and of '.join(absent)}: none were recorded, so {reach} judged; "
            "functional activations are seen by w.probe(x, name)."
        )
    if diagnosis.unchecked:
        found.append(
            f"Of these faults nothing can be said by what was recorded: "
            f"{', '.join(diagnosis.unchecked)}."
        )
    if evidence.learns is None and diagnosis.faults:
        found.append(
            "Whether what is named above does harm: networks that learn have some of it, too."
        )
    if evidence.config.learning_rate is None:
        found.append("The learning rate, and what the optimizer does with gradients.")
    if evidence.recorded_at == "as_stepped":
        found.append(
            "What clipping takes away, if there is any: gradients are as the optimizer got them."
        )
    if run["status"] != "finished":
        found.append(
            f"How it would have gone on: the run is {run['status']} after {epochs_of(run)}."
        )
    found += _gaps_in_time(evidence)
    if evidence.missing > 0:
        left_out = counted(evidence.missing, "step")
        found.append(f"What happened in {left_out} between the recorded ones.")
    return found


def _sentence(remedy: Remedy, evidence: RunEvidence) -> str:
    if evidence.watched:
        written = ""
        if evidence.run["source"] == TORCH:
            gains = evidence.layers["gain"].dropna()
            code = lines_of_code(remedy.change, None if gains.empty else float(gains.iloc[0]))
            written = "; ".join(code) + ": "
        return f"{written}{remedy.what}. {remedy.source}"
    example = f"; built in: {remedy.example}" if remedy.example else ""
    written = replacement(remedy.change, evidence.config.given)
    return f"{written}: {remedy.what}{example}. {remedy.source}"


def _points(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from _paragraph("- ", sentence)


def _paragraph(mark: str, text: str, indent: int = 2) -> Iterator[str]:
    yield fill(
        text,
        WIDTH,
        initial_indent=f"{' ' * indent}{mark}",
        subsequent_indent=" " * (len(mark) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
