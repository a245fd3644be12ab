"""Other rows, and other print, for every claim: the changes, and the verdicts that they give."""

from functools import partial
from typing import Any

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit import Verdict
from vanishing_gradients.analysis.paper.said import SAID

R, S, N, A, H, C, M, D, U = (
    Verdict.REPRODUCED,
    Verdict.SEEN,
    Verdict.NOT_REPRODUCED,
    Verdict.ARTEFACT,
    Verdict.HOLDS,
    Verdict.CONTRADICTION,
    Verdict.MISPRINT,
    Verdict.UNDECIDED,
    Verdict.UNTESTED,
)


def norms(experiment: str, value: str, where: str = "TRUE") -> str:
    """Return the statement that sets mean row norms; `norm` in it is the old value."""
    value = value.replace("norm", "(row_norm_sum / finite_rows)")
    return steps(experiment, f"row_norm_sum = finite_rows * ({value})", where)


def changing(table: str, experiment: str, changed: str, where: str = "TRUE") -> str:
    """Return the statement that changes rows of experiments, by a pattern of their names."""
    return (
        f"UPDATE {table} JOIN runs ON runs.run_id = {table}.run_id SET {changed} "
        f"WHERE experiment LIKE '{experiment}' AND {where}"
    )


steps = partial(changing, "step_statistics")
curves = partial(changing, "epoch_metrics")
neurons = partial(changing, "neuron_statistics")

CONSTANTS = (  # norms of columns, up to 128, that hold only ones and that a layer does not use
    "SQRT(128 - CASE WHEN layer < 7 THEN 64 WHEN layer < 9 THEN 32 WHEN layer < 11 THEN 16 "
    "ELSE 10 END)"
)
ROWS: dict[str, tuple[str | tuple[str, ...], dict[str, Verdict]]] = {
    "data sets the other way round": (
        "UPDATE runs SET dataset = CASE dataset WHEN 'mnist' THEN 'fashion-mnist' ELSE 'mnist' END "
        "WHERE dataset <> 'mnist-shuffled'",
        {"dataset_mnist": R},
    ),
    "a network that learns": (
        curves("%sgd", "test_accuracy = 0.9, accuracy = 0.9"),
        {
            "relu_sgd_accuracy_constant": N, "dataset_balanced": U,
            "sigmoid_sgd_accuracy_constant": N, "highest_accuracy": N, "question_4_performance": N,
        },
    ),
    "another norm at the output": (
        norms("relu_sgd", "norm * 1.01", "layer = 12"),
        {
            "norm_figure_8": N, "table_9_layer_12": N, "dataset_mnist": U, "norm_equation_3": N,
        },
    ),
    "ratios turned over": (
        norms("relu_adam", "1 / norm"),
        {
            "ratio_equation_4": R, "table_7_cells": N, "explosion_in_8_and_10": N,
        },
    ),
    "ratios between 5 and 1000": (
        norms("relu_adam", "norm / 100", "layer IN (9, 10)"),
        {"threshold_table_6": R},
    ),
    "norms at the rounding unit": (
        norms("sigmoid_sgd", "1e-17", "layer = 1"),
        {"machine_precision": R},
    ),
    "all norms of ReLU with Adam alike": (
        norms("relu_adam", "1"),
        {
            "one_layer_vanishes": N, "layer_9_ratio": N, "deep_layers_stable": R,
            "all_layers_above_1e2": R, "relu_passes_unchanged": R,
        },
    ),
    "sigmoids whose ratios explode": (
        (norms("sigmoid%", "POW(10, 5 * layer)"), norms("relu_adam", "1")),
        {"most_stable_flow": R},
    ),
    "norms far apart": (
        norms("relu_adam", "POW(10, 5 * layer)"),
        {
            "ratios_close_to_one": N, "figure_10_range": N, "no_trainable_explodes": N,
            "no_evidence_of_explosion": N,
        },
    ),
    "a mean that stays": (steps("relu_adam", "mean = 2e-3"), {"mean_gradient_layer_9": N}),
    "curves that stand still": (
        curves("relu_adam", "accuracy = 0.3, loss = 2, test_accuracy = 0.1, test_loss = 2"),
        {
            "relu_adam_accuracy_first": N, "relu_adam_loss_last": N, "accuracy_rises_steadily": N,
            "relu_adam_accuracy_last": N, "relu_adam_loss_first": N, "loss_falls_consistently": N,
            "only_relu_adam_converges": N,
        },
    ),
    "SGD that converges": (curves("%sgd", "loss = 2 / epoch"), {"question_4_convergence": N}),
    "norms that never reach zero": (
        norms("relu_sgd", "1 / layer"),
        {
            "table_9_layer_11_zero": N, "table_9_layer_11_first": N, "table_9_ratio": N,
            "table_8_infinity": N, "table_8_layer_11": N, "zero_in_all_layers": N,
            "table_8_layer_8": N, "table_8_layer_9": N, "table_8_layer_10": N,
        },
    ),
    "a first epoch of zeros": (
        norms("relu_sgd", "0", "layer < 8"),
        {"table_8_infinite_first": R, "layer_3_zero": R, "table_8_layer_7": N},
    ),
    "the ratio of layer 5": (
        norms("relu_sgd", "CASE layer WHEN 6 THEN 7.31016 ELSE 1 END"),
        {"table_8_layer_5": R},
    ),
    "a layer that passes nothing on": (
        norms("relu_sgd", "0", "layer = 7 AND epoch = 1"),
        {"table_8_layer_6": R},
    ),
    "neurons that live": (neurons("relu_sgd", "zeros = 0"), {"dead_neurons": N}),
    "large gradients": (
        steps("relu_sgd", "gradient_norm = 7.31", "epoch = 1"),
        {"large_initial_gradients": R},
    ),
    "large steps": (
        steps("relu_sgd", "update_norm = 0.5", "layer = 1"),
        {"overshoot": R, "question_2_optimizer": N},
    ),
    "a loss that grows": (
        curves("%", "loss = 2 + epoch, test_loss = 2 + epoch"),
        {
            "relu_sgd_divergence": R, "sigmoid_adam_divergence": R, "relu_sgd_loss_range": N,
            "sigmoid_sgd_loss_range": N, "sigmoid_adam_loss_first": N, "sigmoid_adam_loss_last": N,
            "equation_10": N,
        },
    ),
    "an Adam of Equation 10 that learns": (
        curves("control_equation_10", "loss = 2 / epoch"), {"equation_10": R}
    ),
    "ratios as Section 6.3 has them": (
        norms("sigmoid_adam", "POW(0.025, layer)", "layer < 4"),
        {"layers_1_and_2_small": R, "table_10_layer_2": N},
    ),
    "a larger norm at the input": (
        norms("sigmoid_adam", "norm * 1e5 / epoch", "layer = 1"),
        {"table_10_layer_1": N, "layer_1_above_threshold": N},
    ),
    "trillions without a constant": (
        norms("sigmoid_adam", "norm * 1e9", "layer = 5"), {"table_10_layer_4": R}
    ),
    "all norms of sigmoid with Adam alike": (
        norms("sigmoid_adam", "1"), {"healthy_flow": R, "table_10_layer_3": N}
    ),
    "the constants of Table 10": (
        norms("sigmoid_adam", CONSTANTS), {"table_10_constants": R}
    ),
    "an accuracy that stays": (
        curves("sigmoid_adam", "accuracy = CASE epoch WHEN 1 THEN 0.1 ELSE 0.199 END"),
        {"accuracy_plateaus": R},
    ),
    "accuracies of one half": (
        curves("sigmoid_adam", "accuracy = 0.5, test_accuracy = 0.5"),
        {
            "sigmoid_adam_accuracy_first": N, "sigmoid_adam_accuracy_last": N,

        },
    ),
    "sigmoids that saturate": (
        neurons("sigmoid_sgd", "saturated = cells", "saturated IS NOT NULL"),
        {"sigmoid_sgd_saturates": R},
    ),
    "sigmoids that never saturate": (
        neurons("sigmoid_adam", "saturated = 0", "saturated IS NOT NULL"),
        {"sigmoid_adam_saturates": N},
    ),
    "weights that grow, and steps that shrink": (
        steps("sigmoid_adam", "weight_norm = POW(3, epoch)", "layer % 2 = 1"),
        {"weight_explosions": R, "early_layers_stop": R},
    ),
    "first layers that move": (
        steps("sigmoid_sgd", "update_norm = 1e-3", "layer % 2 = 1"), {"early_layers_frozen": N}
    ),
    "zeros below layer 5": (
        norms("sigmoid_sgd", "0", "layer < 5"),
        {"table_11_infinite": R, "no_signal_at_all": R},
    ),
    "all norms of sigmoid with SGD alike": (
        norms("sigmoid_sgd", "1"), {"exactly_one": R, "consistently_preserved": R}
    ),
    "the constants of Table 11": (norms("sigmoid_sgd", CONSTANTS), {"table_11_constants": R}),
    "remedies that do nothing": (
        (
            norms("sigmoid_sgd\\_%", "norm / 100", "layer = 1"),
            norms("relu_sgd", "norm * 1e-9", "layer = 1"),
        ),
        {
            "remedy_activation": N, "remedy_weights": N, "remedy_batch_norm": N,
            "remedy_residual": N, "remedy_normalization": N, "remedy_orthogonal": N,
        },
    ),
    "a clipping that does not help": (
        curves("control_relu_sgd_he_clipped", "loss = NULL"), {"remedy_clipping": N}
    ),
    "steps of RMSProp that are small": (
        steps("sigmoid_sgd_rmsprop", "update_norm = 1e-9"), {"remedy_adaptive": N}
    ),
    "ReLU with SGD that learns without He's weights": (
        curves("control_relu_sgd_slow", "test_accuracy = 0.8"), {"he_weights_with_sgd": N}
    ),
    "ReLU above sigmoid": (
        (norms("relu_sgd", "norm * 1e9"), steps("relu_sgd", "below_1em3 = 0.1")),
        {"h1_with_sgd": R, "question_1_activation": R},
    ),
    "ReLU with Adam below all others": (
        norms("relu_adam", "norm * 1e-9"), {"h1_with_adam": N, "question_3_interaction": N}
    ),
    "values of ReLU with Adam near zero": (
        steps("relu_adam", "below_1em3 = 1, below_1em5 = 1"),
        {
            "question_5_best": N, "h1_with_adam": N, "sigmoid_vanishes_early": D,
            "sgd_vanishes": D,
        },
    ),
    "a gap with Adam": (
        (
            curves("%adam", "accuracy = 0.9, test_accuracy = 0.4"),
            curves("%sgd", "accuracy = 0.5, test_accuracy = 0.5"),
        ),
        {"adam_generalizes_worse": R},
    ),
}  # fmt: skip
"""Changes of rows, none of which eligibility looks at, and what they make of claims."""

PRINT: dict[str, tuple[Any, str, Any, Verdict]] = {
    "layers_12": (SAID, "layers", 13, C),
    "parts_of_12": (SAID, "parts", (5, 1, 7), C),
    "layers_7": (SAID, "layers of weights", (0, 5, 1), H),
    "neurons_of_tables_1_to_4": (SAID, "neurons", (128, 128, 64, 32, 16, 10), H),
    "inputs_128": (SAID, "input neurons", 256, C),
    "five_slopes": (SAID, "slope of the sigmoid", 0.5, C),
    "derivatives_16384": (paper, "WIDTHS", (128,) * 10 + (10, 10), H),
    "rows_3676960": (SAID, "rows", 3_670_000, C),
    "gigabytes_45": (SAID, "bytes", 4.5e9, C),
    "images_of_mnist": (SAID, "images", (70_000, 50_000, 20_000), C),
    "fixed_learning_rate": (
        paper, "OPTIMIZERS",
        {"sgd": {"learning_rate": (1.0, 0.1), "decay": 0.0}, "adam": {"learning_rate": 1e-3}}, C,
    ),
    "equal_hyperparameters": (
        paper, "OPTIMIZERS",
        {"sgd": {"learning_rate": (1.0, 0.1)}, "adam": {"learning_rate": 1e-3}}, C,
    ),
    "dropout_and_normalization": (SAID, "figure 7", ("layer_1_input", "dropout_1"), H),
    "many_seeds": (SAID, "spread over seeds", paper.EXPERIMENTS, H),
    "mean_or_median": (SAID, "mean gradient", paper.EXPERIMENTS, H),
    "near_zero_frequency": (SAID, "near-zero frequency", paper.EXPERIMENTS, H),
    "mean_gradients": (SAID, "mean gradient", paper.EXPERIMENTS, H),
    "convergence_time": (SAID, "convergence time", paper.EXPERIMENTS, H),
    "table_9_quotient": (
        paper, "printed_norms", lambda: paper.printed_ratios(10).rename(columns={
            1: "layer_12_norm", 2: "layer_11_norm", 3: "ratio_12_11"}), C,
    ),
    "table_12_numbers": (paper, "printed_divergence", lambda: {5: ("7.32", "")}, C),
    "average_2_7_trillion": (SAID, "average over", 2.8e12, H),
    "average_norm_7": (SAID, "average norm", 7.4, H),
    "layers_1_to_14": (SAID, "early layers", (1, 4), H),
    "layer_7_infinite": (SAID, "infinite too", 4, H),
    "healthy_ratio": (SAID, "healthy ratio", (-2, 2), M),
    "captions": (SAID, "captions", {"Table 6": "Readings of ratios."}, H),
    "heads_of_table_12": (SAID, "heads of Table 12", ("Layer", "Ratio", "Reading"), H),
    "activation_of_section_5_2_4": (SAID, "activation of Section 5.2.4", "ReLU", H),
}  # fmt: skip
"""For each claim of arithmetic something else in print, and its verdict then."""
