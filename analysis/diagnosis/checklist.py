"""What to check if a run does not learn and its numbers show no fault, and how.

The order is that of RECIPE: data first, then output and loss, then size.
"""

from collections.abc import Iterator

from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence

RECIPE = "https://karpathy.github.io/2019/04/25/recipe/"
"""Karpathy (2019), A Recipe for Training Neural Networks."""
CROSS_ENTROPY = "cross_entropy"


def checklist(evidence: RunEvidence) -> Iterator[str]:
    """Yield a sentence or two per check."""
    yield from _of_watched() if evidence.watched else _of_trained(evidence)


def _of_trained(evidence: RunEvidence) -> Iterator[str]:
    given, experiment = evidence.config.given, evidence.run["experiment"]
    yield (
        "Labels: train on a few images alone, for many epochs: `make train "
        f"EXP={experiment} LIMIT=20 EPOCHS=200`. A network that can learn gets all 20 right; "
        f"if this one does, its images and labels may not belong together ({RECIPE})."
    )
    if given.get("inputs") != "standardised":
        yield (
            'Inputs: write inputs = "standardised". The scale of the inputs decides which learning '
            "rates a network survives."
        )
    if evidence.config.squared_error:
        yield (
            f'Loss: write loss = "{CROSS_ENTROPY}". Under the squared error a class that is surely '
            "wrong has almost no gradient."
        )
    hidden = evidence.layers["width"].iloc[:-2]  # without the last dense layer and the output
    if hidden.empty:
        yield "Depth: the network has no hidden layer. Give it one, of 128 neurons, say."
        return
    yield (
        f"Width: the narrowest hidden layer has {hidden.min()} neurons. Double all widths, and see "
        "whether the training loss falls further."
    )


def _of_watched() -> Iterator[str]:
    yield (
        "Labels: train on one batch alone, again and again. The loss must go to 0; if it does, "
        "print some inputs with their labels, as the model gets them, and see whether they belong "
        f"together ({RECIPE})."
    )
    yield (
        "Inputs: print x.mean(), x.std() and x.isfinite().all() of a batch. About 0, about 1 and "
        "True are usual; the scale decides which learning rates a network survives."
    )
    yield (
        "Output and loss: nn.CrossEntropyLoss and nn.BCEWithLogitsLoss expect logits: the model "
        "must not end with a softmax or a sigmoid. nn.NLLLoss expects log-probabilities, and "
        "nn.BCELoss probabilities. Logits and labels must have the shapes that the loss expects; "
        "one that broadcasts compares every sample with every other."
    )
    yield (
        "Modes and order: model.train() before training, optimizer.zero_grad() before "
        "loss.backward(), and an optimizer that holds the parameters of this model."
    )
    yield "Width: double it, and see whether the training loss falls further."
