"""Verification: the rows of a run against what the trainer computed before it stored them.

Every gradient cell is read again. Counts, row numbers, extremes and NULL cells must be equal. Sums
may differ by what adding up in another order can change at most: (rows of the step + width) *
2**-53 of the sum of magnitudes, or of the norm; 1e-13 in the paper's first layer, 3e-14 in its
second. Runs that agree differ by less than a twentieth of it. Single precision has the same bound:
trainer and server both add up in double precision what was computed in single, and a FLOAT column
holds it as exactly as a DOUBLE one.

A change of one cell is found where it exceeds that bound times the values of the step: 1e-8 of the
layer's mean magnitude in the paper's first layer, 5e-10 in its second. What leaves the values of a
step and those of every neuron as they are cannot be found: two rows of samples exchanged; of inputs
they are found in the mean gradient. Of a median only the rank is verified: at most half of the
values are on either side of it. Of saturated samples nothing
else is stored: their counts must agree with each other. What must be true of the norms of updates
and weights, which are not stored either, is in `updates`.

What an epoch came to, in `epoch_layers`, must be what the statistics of its steps and neurons give,
which are held against the cells by themselves; its noise scale, and the histograms, what the cells
give. Of a run without rows they must agree with the statistics of its steps.

Runs that were recorded before there were statistics of neurons have none, and are not wrong for it.
Their cells are only counted by step: two exchanged in a row are not found.
"""

from vanishing_gradients.analysis.verification.output import verify
from vanishing_gradients.analysis.verification.plan import to_verify
from vanishing_gradients.analysis.verification.run import Verification, verify_run

__all__ = ["Verification", "to_verify", "verify", "verify_run"]
