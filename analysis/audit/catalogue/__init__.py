"""The catalogue: every claim of the paper that is tested, in the order of the paper.

A claim is one function: its docstring is what the paper prints, its decorator says where, and how
far off is near enough. One that makes claims of a kind, one a layer or an experiment, is called for
each.
"""

from vanishing_gradients.analysis.audit.catalogue import (
    architecture,
    conclusions,
    definitions,
    relu,
    sigmoid,
)

SECTIONS = (
    architecture.claim,
    definitions.definitions,
    definitions.theory,
    relu.adam,
    relu.sgd,
    sigmoid.adam,
    sigmoid.sgd,
    conclusions.claim,
)
CLAIMS = tuple(claim for section in SECTIONS for claim in section)
