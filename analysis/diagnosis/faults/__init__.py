"""The faults that are judged, causes before symptoms.

The order is that in which one would have to mend them, and the first that is found is named first:

1. Equal neurons are a fault of the file, and everything else is measured on a network of one neuron
   a layer.
2. Dropout, penalties and clipping are asked for by the file. What they do looks like dead neurons,
   vanishing gradients or a rate too small, which nothing else would mend.
3. Noise: large steps after single images make weights wander, until neurons saturate or die.
4. Saturated neurons are the reason why gradients vanish, or, below large weights, why they explode.
5. Gradients that explode in the first step come from the initial weights, and make the loss diverge
   at a rate that others stand.
6. After a divergence nothing is worth looking at; neurons die, and gradients are not finite.
7. Dead neurons let no gradient through, so that it vanishes below. Often they died of a rate too
   large, which the finding says; but a smaller rate alone does not bring them back.
8. A rate too large by which nothing of that has happened.
9. Vanishing gradients that none of all these explains.
10. A rate too small: only where gradients are as they should be.
11. Overfitting is the fault of networks that learn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.faults import (
    dead,
    diverging,
    exploding,
    noisy,
    overclipped,
    overdropped,
    overfitted,
    overregularised,
    restless,
    saturated,
    slow,
    symmetric,
    vanishing,
)
from vanishing_gradients.analysis.diagnosis.finding import Finding

NEURONS, UPDATES = "neurons", "updates"


@dataclass(frozen=True)
class Fault:
    """A fault: its name, how it is judged, and what of the evidence it cannot do without.

    `hides` has the names of the symptoms that it brings about, which are then not named beside it.
    """

    name: str
    judge: Callable[[Evidence], Finding | None]
    needs: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()


_TOO_LARGE = ("divergence", "dead neurons", "learning rate too large")
_SMALL = ("vanishing gradients", "learning rate too small")

FAULTS = (
    Fault("symmetric neurons", symmetric.judge, (NEURONS,), (
        "gradient noise above the signal", "saturated neurons", "exploding gradients", *_TOO_LARGE,
        *_SMALL,
    )),
    Fault("dropout drowns the signal", overdropped.judge, (), (
        "gradient noise above the signal", "saturated neurons", "exploding gradients", *_TOO_LARGE,
        *_SMALL,
    )),
    Fault("weights collapse under a penalty", overregularised.judge, (UPDATES,), (
        "dead neurons", "learning rate too large", *_SMALL,
    )),
    Fault("gradients clipped away", overclipped.judge, (UPDATES,), ("learning rate too small",)),
    Fault("gradient noise above the signal", noisy.judge, (UPDATES,), (
        "saturated neurons", *_TOO_LARGE, *_SMALL,
    )),
    Fault("saturated neurons", saturated.judge, (NEURONS, UPDATES), (
        "exploding gradients", "learning rate too large", *_SMALL,
    )),
    Fault("exploding gradients", exploding.judge, (), (*_TOO_LARGE, *_SMALL)),
    Fault("divergence", diverging.judge, (), ("dead neurons", "learning rate too large", *_SMALL)),
    Fault("dead neurons", dead.judge, (NEURONS, UPDATES), ("learning rate too large", *_SMALL)),
    Fault("learning rate too large", restless.judge, (UPDATES,), (*_SMALL, "overfitting")),
    Fault("vanishing gradients", vanishing.judge, (), ("learning rate too small",)),
    Fault("learning rate too small", slow.judge, (UPDATES,)),
    Fault("overfitting", overfitted.judge),
)  # fmt: skip

__all__ = ["FAULTS", "NEURONS", "UPDATES", "Fault"]
