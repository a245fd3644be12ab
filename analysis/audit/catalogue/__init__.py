"""The catalogue: every claim of the paper that is tested, in the order of the paper.

A claim is one function: its docstring is what the paper prints, its decorator says where, and which
deviation is accepted. What stands in “ ” is verbatim. A function that makes similar claims, such as
one per layer or experiment, is called for each.
"""

from vanishing_gradients.analysis.audit.catalogue import (
    arithmetic,
    conclusions,
    data,
    definitions,
    relu_adam,
    relu_sgd,
    remedies,
    sigmoid,
)

SECTIONS = (
    arithmetic.claim,
    data.claim,
    definitions.definitions,
    definitions.theory,
    relu_adam.claim,
    relu_sgd.claim,
    sigmoid.adam,
    sigmoid.sgd,
    remedies.claim,
    conclusions.claim,
)
CLAIMS = tuple(claim for section in SECTIONS for claim in section)
