"""One function a view: its rows as a DataFrame, in a fixed order, with one type a column.

Floating-point columns are float64 and hold NaN where the view holds NULL. Every function raises
NoRowsError rather than return an empty frame, but for those of verification, to which a missing row
is an answer; and ObjectError where the view itself is missing.
"""

from vanishing_gradients.analysis.queries.cells import distribution, layer_neurons, noise_scale
from vanishing_gradients.analysis.queries.frames import experiment_summary
from vanishing_gradients.analysis.queries.layers import (
    first_cells,
    gradient_norm_avg,
    mean_avg,
    near_zero,
    norm_avg,
    ratio_avg,
)
from vanishing_gradients.analysis.queries.neurons import (
    dead_neurons,
    neurons,
    neurons_of_layer,
    saturation,
    step_norms,
    update_ratios,
)
from vanishing_gradients.analysis.queries.norms import (
    dense_norm_ratios,
    epoch_means,
    epoch_ratios,
    gradient_norm_ratios,
    gradient_norms,
    ratio_thresholds,
)
from vanishing_gradients.analysis.queries.runs import (
    layer_sizes,
    run_provenance,
    training_curves,
    training_curves_of,
)
from vanishing_gradients.analysis.queries.storage import (
    storage_hypotheses,
    stored_norm_avg,
    stored_ratio_avg,
)
from vanishing_gradients.analysis.queries.verification import (
    cell_sums,
    expected_rows,
    index_sums,
    neuron_epochs,
    recorded_chunks,
    recorded_epochs,
    recorded_neurons,
    recorded_statistics,
    run_summary,
)

__all__ = [
    "cell_sums",
    "dead_neurons",
    "dense_norm_ratios",
    "distribution",
    "epoch_means",
    "epoch_ratios",
    "expected_rows",
    "experiment_summary",
    "first_cells",
    "gradient_norm_avg",
    "gradient_norm_ratios",
    "gradient_norms",
    "index_sums",
    "layer_neurons",
    "layer_sizes",
    "mean_avg",
    "near_zero",
    "neuron_epochs",
    "neurons",
    "neurons_of_layer",
    "noise_scale",
    "norm_avg",
    "ratio_avg",
    "ratio_thresholds",
    "recorded_chunks",
    "recorded_epochs",
    "recorded_neurons",
    "recorded_statistics",
    "run_provenance",
    "run_summary",
    "saturation",
    "step_norms",
    "storage_hypotheses",
    "stored_norm_avg",
    "stored_ratio_avg",
    "training_curves",
    "training_curves_of",
    "update_ratios",
]
