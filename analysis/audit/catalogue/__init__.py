"""The catalogue: every claim of the paper that is tested, in the order of the paper."""

from vanishing_gradients.analysis.audit.catalogue import (
    architecture,
    conclusions,
    definitions,
    relu_adam,
    relu_sgd,
    sigmoid_adam,
    sigmoid_sgd,
    theory,
)
from vanishing_gradients.analysis.audit.claim import Claim

SECTIONS: dict[str, tuple[Claim, ...]] = {
    "The network and its data": architecture.CLAIMS,
    "Definitions": definitions.CLAIMS,
    "Theory": theory.CLAIMS,
    "ReLU + Adam": relu_adam.CLAIMS,
    "ReLU + SGD": relu_sgd.CLAIMS,
    "Sigmoid + Adam": sigmoid_adam.CLAIMS,
    "Sigmoid + SGD": sigmoid_sgd.CLAIMS,
    "Conclusions": conclusions.CLAIMS,
}
CLAIMS = tuple(claim for claims in SECTIONS.values() for claim in claims)
