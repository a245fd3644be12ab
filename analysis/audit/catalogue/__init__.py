"""The catalogue: every claim of the paper that is tested, in the order of the paper.

A claim is one function: its docstring is what the paper prints, its decorator says where, and which
deviation is accepted. A function that makes similar claims, such as one per layer or experiment, is
called for each.
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
