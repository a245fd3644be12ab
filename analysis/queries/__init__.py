"""One function a view: its rows as a DataFrame, in a fixed order, with one type a column.

Floating-point columns are float64 and hold NaN where the view holds NULL. Every function raises
NoRowsError rather than return an empty frame, and ObjectError where the view itself is missing.
"""

from analysis.queries.frames import experiment_summary
from analysis.queries.layers import gradient_norm_avg, mean_avg, near_zero, norm_avg, ratio_avg
from analysis.queries.norms import gradient_norm_ratios, gradient_norms, ratio_thresholds
from analysis.queries.runs import training_curves
from analysis.queries.storage import storage_hypotheses, stored_norm_avg, stored_ratio_avg

__all__ = [
    "experiment_summary",
    "gradient_norm_avg",
    "gradient_norm_ratios",
    "gradient_norms",
    "mean_avg",
    "near_zero",
    "norm_avg",
    "ratio_avg",
    "ratio_thresholds",
    "storage_hypotheses",
    "stored_norm_avg",
    "stored_ratio_avg",
    "training_curves",
]
