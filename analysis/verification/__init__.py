"""Verification: the rows of a run against what the trainer computed before it stored them.

Every gradient cell is read again. Counts, row numbers, extremes and NULL cells must be equal. Sums
may differ by the most that another order of addition can cause: (rows of the step + width) * 2**-53
of the sum of magnitudes, or of the norm; 1e-13 in the paper's first layer, 3e-14 in its second.
Runs that agree differ by less than a twentieth of it. The bound is the same in single precision:
trainer and server both add in double precision what was computed in single, and a FLOAT column
holds it as exactly as a DOUBLE one.

A change of one cell is found if it exceeds that bound times the values of the step: 1e-8 of the
layer's mean magnitude in the paper's first layer, 5e-10 in its second. A change that keeps the
values of a step and of every neuron cannot be found, such as two swapped rows of samples; swapped
rows of inputs show in the mean gradient. Of a median only the rank is verified: at most half of the
values are on either side of it. Nothing else is stored about saturated samples: their counts must
agree with each other. The norms of updates and weights are not stored elsewhere either; `updates`
says what must hold for them.

`epoch_layers` must agree with the statistics of its steps and neurons, which are compared with the
cells themselves; its noise scale, and the histograms, must agree with the cells. In a run without
rows they must agree with the statistics of its steps.

Runs recorded before there were statistics of neurons have none, which is no error. Their cells are
only counted by step: two swapped within a row are not found.
"""

from vanishing_gradients.analysis.verification.output import verify
from vanishing_gradients.analysis.verification.plan import to_verify
from vanishing_gradients.analysis.verification.run import Verification, verify_run

__all__ = ["Verification", "to_verify", "verify", "verify_run"]
