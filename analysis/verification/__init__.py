"""Verification: the rows of a run against what the trainer computed before it stored them.

Every gradient cell is read again. Counts, row numbers, extremes and NULL cells must be equal; sums
must agree within a bound on what adding up in another order can change: (rows of the step + width)
* 2**-52, relative to the sum of magnitudes, or to the norm. That is 2e-13 for the paper's first
layer and 6e-14 for its activations. It holds in single precision too: trainer and server both add
up in double precision what was computed in single, whether a FLOAT or a DOUBLE column holds it.

A change of one cell is therefore found where it exceeds that bound times the number of values of
the step: 2e-8 of the layer's mean magnitude in the paper's first layer, 1e-9 in its second. What
leaves a step's values as they are cannot be found: two cells exchanged in one step, or two rows.
Of a median only its place is verified: at most half of the values are on either side.
"""

from analysis.verification.choice import to_verify
from analysis.verification.output import verify
from analysis.verification.run import Outcome, verified

__all__ = ["Outcome", "to_verify", "verified", "verify"]
