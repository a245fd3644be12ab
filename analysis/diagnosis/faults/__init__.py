"""The faults that are looked for, causes before symptoms, and what was found of them in a run.

The order is that in which one would have to mend them, and the first that is found is named first:

1. Equal neurons are a fault of the file, and everything else is measured on a network of one neuron
   a layer.
2. Labels, inputs, dropout, normalisation over a batch of few, penalties and clipping are asked for
   by the file. What they do looks like dead neurons, vanishing gradients or a rate too small, which
   nothing else would mend.
3. Noise: large steps after single images make weights wander, until neurons saturate or die.
4. Saturated outputs let no gradient through to any layer.
5. Saturated neurons are the reason why gradients vanish, or, below large weights, why they explode.
6. Gradients that explode in the first step come from the initial weights, and make the loss diverge
   at a rate that others stand.
7. After a divergence nothing is worth looking at; neurons die, and gradients are not finite.
8. Of layers too narrow all neurons may be dead for an image, and what they let through is little.
9. Dead neurons let no gradient through, so that it vanishes below. Often they died of a rate too
   large, which the finding says; but a smaller rate alone does not bring them back.
10. A rate too large by which nothing of that has happened.
11. Vanishing gradients that none of all these explains.
12. A loss that does not suit the output makes small steps, which a larger rate hardly mends.
13. A rate too small: only where gradients are as they should be.
14. A network without hidden non-linearity may learn what a linear one can.
15. Overfitting is the fault of networks that learn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.faults import (
    capacity,
    generalization,
    gradients,
    neurons,
    outputs,
    requests,
    steps,
)
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs

NEURONS, UPDATES, DROPOUT = "neurons", "updates", "dropout"
LOSS, OUTPUT = "loss_function", "loss_layer"
MOST = 3
"""More faults than these at once help nobody: the rest shows again after the first cure."""


@dataclass(frozen=True)
class Check:
    """A fault that is looked for: its name, how, and what of the evidence that cannot do without.

    `hides` has the names of the symptoms that it brings about, which are then not named with it.
    Where `learners` is False it is not looked for in a network that has learned. One that is `last`
    is named where nothing else is found.
    """

    name: str
    look: Callable[[RunEvidence], Signs | None]
    needs: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    learners: bool = False
    last: bool = False


@dataclass(frozen=True)
class Fault:
    """A fault that was seen in a run.

    Attributes:
        name: such as 'dead neurons'.
        seen: sentences with the layers, epochs and values that show it.
        remedies: what to try, most likely first.
        cause: what brought it about, as a clause such as 'the learning rate of 1 is too large';
            empty where the name says it, or nobody knows.
    """

    name: str
    seen: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    cause: str = ""

    @property
    def in_words(self) -> str:
        """Its name, and what brought it about where that is known."""
        return f"{self.name}, because {self.cause}" if self.cause else self.name


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a run.

    Attributes:
        faults: causes before symptoms, the first being the one to mend; none in a healthy run.
        unchecked: names of the faults for which the evidence was not recorded.
    """

    faults: tuple[Fault, ...]
    unchecked: tuple[str, ...]


_TOO_LARGE = ("divergence", "dead neurons", "learning rate too large")
_SMALL = ("vanishing gradients", "learning rate too small")
_UNSUITED, _NARROW = "a loss that does not suit the output", "layers too narrow"
_OF_LEARNERS = ("no hidden non-linearity", "overfitting")
_ALL_BUT_REQUESTS = (
    "gradient noise above the signal", "saturated outputs", "saturated neurons",
    "exploding gradients", *_TOO_LARGE, *_SMALL, _UNSUITED, _NARROW,
)  # fmt: skip

CHECKS = (
    Check("labels that are not the images' own", requests.mislabelled, (),
          ("symmetric neurons", "dropout drowns the signal", *_OF_LEARNERS, *_ALL_BUT_REQUESTS),
          learners=True),
    Check("symmetric neurons", neurons.symmetric, (NEURONS,), _ALL_BUT_REQUESTS, learners=True),
    Check("inputs that are not scaled", requests.unscaled, (),
          ("dropout drowns the signal", *_ALL_BUT_REQUESTS)),
    Check("dropout drowns the signal", requests.overdropped, (DROPOUT,), _ALL_BUT_REQUESTS),
    Check("batch normalisation over too few images", requests.normalised_over_few, (),
          _ALL_BUT_REQUESTS, learners=True),
    Check("weights collapse under a penalty", requests.overregularised, (UPDATES,), (
        "dead neurons", "learning rate too large", *_SMALL,
    )),
    Check("gradients clipped away", requests.overclipped, (UPDATES,), ("learning rate too small",)),
    Check("gradient noise above the signal", steps.noisy, (UPDATES, LOSS), (
        "saturated neurons", *_TOO_LARGE, *_SMALL,
    ), learners=True),
    Check("saturated outputs", outputs.saturated, (OUTPUT,), (
        "saturated neurons", "exploding gradients", *_TOO_LARGE, *_SMALL, _UNSUITED, _NARROW,
    )),
    Check("saturated neurons", neurons.saturated, (NEURONS, UPDATES), (
        "exploding gradients", "learning rate too large", *_SMALL,
    )),
    Check("exploding gradients", gradients.exploding, (), (*_TOO_LARGE, *_SMALL)),
    Check("divergence", steps.diverging, (), (
        "dead neurons", "learning rate too large", *_SMALL,
    ), learners=True),
    Check(_NARROW, capacity.narrow, (), ("dead neurons", *_SMALL, _UNSUITED), learners=True),
    Check("dead neurons", neurons.dead, (NEURONS, UPDATES), ("learning rate too large", *_SMALL)),
    Check("learning rate too large", steps.restless, (UPDATES,), (*_SMALL, "overfitting"),
          learners=True),
    Check("vanishing gradients", gradients.vanishing, (), ("learning rate too small",)),
    Check(_UNSUITED, outputs.unsuited, (), ("learning rate too small",)),
    Check("learning rate too small", steps.slow, (UPDATES,)),
    Check("no hidden non-linearity", capacity.linear, learners=True, last=True),
    Check("overfitting", generalization.overfitted, learners=True),
)  # fmt: skip


def evaluate(evidence: RunEvidence) -> Diagnosis:
    """Look for every fault, and leave out what another one explains."""
    found, unchecked, hidden = [], [], set()
    for check in CHECKS:
        if any(getattr(evidence, need) is None for need in check.needs):
            unchecked.append(check.name)
            continue
        explained = check.name in hidden or (check.last and found)
        if explained or (evidence.learns and not check.learners):
            continue
        signs = check.look(evidence)
        if signs is not None:
            seen, remedies = tuple(signs.seen), tuple(signs.remedies)
            found.append(Fault(check.name, seen, remedies, signs.cause))
            hidden.update(check.hides)
    return Diagnosis(tuple(found[:MOST]), tuple(unchecked))
