"""The columns that every query returns, in order, each with its type in a DataFrame."""

from collections.abc import Sequence

RUN = {"run_id": "int64"}
SUMMARY = RUN | {
    "experiment": "str",
    "seed": "int64",
    "dataset": "str",
    "float_type": "str",
    "telemetry": "str",
    "record_every": "int64",
    "training_images": "int64",
    "status": "str",
    "started_at": "datetime64[us]",
    "finished_at": "datetime64[us]",
    "epochs": "int64",
    "completed_epoch": "int64",
    "accuracy": "float64",
    "loss": "float64",
    "test_accuracy": "float64",
    "test_loss": "float64",
    "seconds": "float64",
}
PROVENANCE = RUN | {
    "experiment": "str",
    "seed": "int64",
    "dataset": "str",
    "dataset_sha256": "str",
    "float_type": "str",
    "telemetry": "str",
    "record_every": "int64",
    "training_images": "int64",
    "epochs": "int64",
    "completed_epoch": "int64",
    "status": "str",
    "started_at": "datetime64[us]",
    "finished_at": "datetime64[us]",
    "git_commit": "str",
    "config": "str",
    "package_versions": "str",
}
SIZES = RUN | {
    "experiment": "str",
    "layer": "int64",
    "layer_name": "str",
    "kind": "str",
    "rows_per_step": "int64",
    "width": "int64",
    "computed_rows": "int64",
    "stored_rows": "int64",
}
CURVES = RUN | {
    "experiment": "str",
    "seed": "int64",
    "dataset": "str",
    "epoch": "int64",
    "loss": "float64",
    "accuracy": "float64",
    "test_loss": "float64",
    "test_accuracy": "float64",
    "learning_rate": "float64",
    "seconds": "float64",
}
NORMS = RUN | {
    "experiment": "str",
    "epoch": "int64",
    "layer": "int64",
    "layer_name": "str",
    "norm": "float64",
    "gradient_norm": "float64",
    "mean": "float64",
    "median": "float64",
    "below_1em3": "float64",
    "below_1em5": "float64",
    "non_finite": "Int64",
}
MEANS = RUN | {
    "experiment": "str",
    "layer": "int64",
    "layer_name": "str",
    "epoch": "int64",
    "norm": "float64",
    "gradient_norm": "float64",
    "mean": "float64",
    "mean_abs": "float64",
    "zeros": "float64",
    "below_1em3": "float64",
    "below_1em5": "float64",
    "non_finite": "int64",
}
RATIOS = RUN | {
    "experiment": "str",
    "epoch": "int64",
    "layer": "int64",
    "ratio": "float64",
    "class": "str",
    "class_table_6": "str",
    "numerator": "float64",
    "denominator": "float64",
}
EPOCH_RATIOS = {name: kind for name, kind in RATIOS.items() if name != "experiment"}
DENSE_RATIOS = RUN | {
    "experiment": "str",
    "epoch": "int64",
    "layer": "int64",
    "next_layer": "int64",
    "ratio": "float64",
    "gradient_ratio": "float64",
    "class": "str",
    "numerator": "float64",
    "denominator": "float64",
}
THRESHOLDS = dict.fromkeys(("vanishing", "exploding", "exploding_table_6"), "float64")
NORM = RUN | {"epoch": "int64", "norm": "float64"}
RATIO = RUN | {"epoch": "int64", "ratio": "float64"}
MEAN = RUN | {"epoch": "int64", "mean": "float64"}
STORED_RATIO = RATIO | {"numerator": "float64", "denominator": "float64"}
HYPOTHESES = {"decimals": "int64", "filler": "float64", "stored_columns": "int64"}
NEAR_ZERO = RUN | {"epoch": "int64", "below_1em3": "float64", "below_1em5": "float64"}

IN_LAYER = RUN | {
    "experiment": "str",
    "epoch": "int64",
    "layer": "int64",
    "layer_name": "str",
}
NEURONS = IN_LAYER | {
    "neuron": "int64",
    "cells": "int64",
    "zeros": "int64",
    "mean_abs": "float64",
    "dead": "int64",
    "saturated": "float64",
}
DEAD = IN_LAYER | {"width": "int64", "dead": "int64", "fraction": "float64"}
SATURATION = IN_LAYER | {"width": "int64", "saturated": "float64", "saturated_neurons": "int64"}
UPDATES = IN_LAYER | dict.fromkeys(
    ("weight_norm", "update_norm", "ratio", "gradient_norm", "clipped_norm", "clipped"), "float64"
)
STEP_NORMS = (
    IN_LAYER | {"steps": "int64"} | dict.fromkeys(("mean_norm", "std", "min", "max"), "float64")
)
DISTRIBUTION = RUN | {"epoch": "int64", "step": "int64", "decade": "float64", "cells": "int64"}
NOISE = (
    RUN
    | {"epoch": "int64", "steps": "int64"}
    | dict.fromkeys(("mean_square", "square_of_mean", "noise_scale"), "float64")
)
LAYER_NEURONS = RUN | {
    "epoch": "int64",
    "neuron": "int64",
    "cells": "int64",
    "zeros": "int64",
    "mean_abs": "float64",
    "non_finite": "int64",
}

EXPECTED = RUN | {
    "experiment": "str",
    "layer": "int64",
    "layer_name": "str",
    "kind": "str",
    "row_meaning": "str",
    "layer_rows": "int64",
    "width": "int64",
    "batch_size": "Int64",
    "record_every": "int64",
    "steps": "Int64",
    "step_rows": "Int64",
    "last_rows": "Int64",
}
RECORDED = {"step": "int64", "row_count": "int64", "finite_rows": "int64"} | dict.fromkeys(
    (
        "row_norm_sum", "mean", "median", "mean_abs", "gradient_norm", "zeros", "below_1em3",
        "below_1em5", "non_finite", "min", "max", "clipped_norm", "weight_norm", "update_norm",
        "saturated",
    ),
    "float64",
)  # fmt: skip
RECORDED_NEURONS = dict.fromkeys(("neuron", "cells", "zeros", "non_finite"), "int64") | {
    "magnitude_sum": "float64",
    "saturated": "float64",
}
RECORDED_EPOCHS = dict.fromkeys(("layer", "epoch", "steps", "norms"), "int64")
RUN_SUMMARY = dict.fromkeys(
    ("accuracy", "loss", "test_accuracy", "test_loss", "seconds"), "float64"
) | dict.fromkeys(("gradient_rows", "gradient_values"), "int64")
NEURON_EPOCHS = dict.fromkeys(("layer", "epoch", "neurons"), "int64")
CHUNKS = dict.fromkeys(("layer", "epoch", "first_step", "last_step", "row_count"), "int64")
CELL_SUMS = dict.fromkeys(
    ("step", "row_count", "first_row", "last_row", "finite_rows", "null_cells"), "int64"
) | dict.fromkeys(
    (
        "cell_sum", "magnitude_sum", "square_sum", "norm_sum", "zeros", "below_1em3", "below_1em5",
        "smallest", "largest", "below_median", "above_median",
    ),
    "float64",
)  # fmt: skip
INDEX_SUMS = {
    "step": "int64",
    "row_count": "int64",
    "norms": "int64",
    "norm_sum": "float64",
    "square_sum": "float64",
    "means": "int64",
    "mean_sum": "float64",
}


def cells(gradients: Sequence[str]) -> dict[str, str]:
    """Return the columns of a look at a gradient table: its own names, for whoever opens it."""
    keys = dict.fromkeys(("run_id", "Epoch", "Step", "RowIndex"), "int64")
    return keys | dict.fromkeys((*gradients, "Norm", "Mean"), "float64")
