"""No verdict is hard-coded: other rows give another one."""

from functools import partial

import pytest

from vanishing_gradients.analysis.audit import Verdict
from vanishing_gradients.analysis.audit.catalogue import CLAIMS

R, N, A, C, U = (
    Verdict.REPRODUCED,
    Verdict.NOT_REPRODUCED,
    Verdict.ARTEFACT,
    Verdict.CONTRADICTION,
    Verdict.UNTESTED,
)


def norms(experiment: str, value: str, where: str = "TRUE") -> str:
    """Return the statement that sets mean row norms; `norm` in it is the old value."""
    value = value.replace("norm", "(row_norm_sum / finite_rows)")
    return steps(experiment, f"row_norm_sum = finite_rows * ({value})", where)


def changing(table: str, experiment: str, changed: str, where: str = "TRUE") -> str:
    return (
        f"UPDATE {table} JOIN runs ON runs.run_id = {table}.run_id SET {changed} "
        f"WHERE experiment LIKE '{experiment}' AND {where}"
    )


steps = partial(changing, "step_statistics")
curves = partial(changing, "epoch_metrics")
sizes = partial(changing, "layers", "sigmoid_sgd")

CONSTANTS = (  # norms of columns, up to 128, that hold only ones and that a layer does not use
    "SQRT(128 - CASE WHEN layer < 7 THEN 64 WHEN layer < 9 THEN 32 WHEN layer < 11 THEN 16 "
    "ELSE 10 END)"
)
CASES = {
    "a layer fewer": (
        "DELETE layers FROM layers JOIN runs ON runs.run_id = layers.run_id "
        "WHERE experiment = 'sigmoid_sgd' AND layer = 12",
        {"layers_12": N},
    ),
    "a dense layer more": (sizes("kind = 'dense'", "layer = 2"), {"layers_7": R}),
    "layers of 128 x 128": (
        sizes("layers.row_count = 128, width = 128"),
        {"inputs_128": R, "derivatives_16384": R},
    ),
    "more than fourteen layers": (sizes("layer = layer + 20"), {"layers_1_to_14": R}),
    "a row less": (
        steps("sigmoid_sgd", "row_count = row_count - 1", "layer = 1 AND epoch = 1"),
        {"rows_3676960": N},
    ),
    "as many rows in all layers": (
        steps("sigmoid_sgd", "row_count = 367696"),
        {"rows_per_layer": R, "gigabytes_45": N},
    ),
    "all layers as large as the first": (
        (steps("sigmoid_sgd", "row_count = 367696"), sizes("width = 128")),
        {"gigabytes_45": R},
    ),
    "data sets the other way round": (
        "UPDATE runs SET dataset = CASE dataset WHEN 'mnist' THEN 'fashion-mnist' ELSE 'mnist' END",
        {"dataset_mnist": R, "dataset_balanced": R, "table_9_layer_12": R},
    ),
    "a network that learns": (
        curves("%sgd", "test_accuracy = 0.9"),
        {
            "relu_sgd_accuracy_constant": N,
            "dataset_balanced": U, "sigmoid_sgd_accuracy_constant": N, "highest_accuracy": N,
            "question_4_performance": N,
        },
    ),
    "a rate that stays": (curves("sigmoid_sgd", "learning_rate = 1"), {"fixed_learning_rate": R}),
    "another norm at the output": (
        norms("relu_sgd", "norm * 1.01", "layer = 12"),
        {
            "norm_figure_8": N, "table_9_layer_12": N, "dataset_mnist": U,
            "dropout_and_normalization": U, "norm_equation_3": N,
        },
    ),
    "norms of Equation 3 as in Table 9": (
        steps("relu_sgd", "gradient_norm = row_norm_sum / finite_rows"),
        {"norm_equation_3": R},
    ),
    "ratios turned over": (
        norms("relu_adam", "1 / norm"),
        {
            "ratio_equation_4": R, "table_7_cells": N, "table_7_layers_8_8": N,
            "table_7_layers_10_10": N, "explosion_in_8_and_10": N, "no_trainable_explodes": N,
        },
    ),
    "ratios between 5 and 1000": (
        norms("relu_adam", "norm / 100", "layer IN (9, 10)"),
        {"threshold_table_6": R},
    ),
    "one factor of 0.25 a layer": (
        norms("sigmoid_sgd", "CASE layer WHEN 2 THEN 0.001 ELSE 1 END", "layer IN (2, 12)"),
        {"five_sigmoids": R},
    ),
    "norms at the rounding unit": (
        norms("sigmoid_sgd", "1e-15", "layer = 1"),
        {"machine_precision": R},
    ),
    "all norms of ReLU with Adam alike": (
        norms("relu_adam", "1"),
        {
            "table_7_cells": N, "table_7_layers_8_8": N, "table_7_layers_9_9": N,
            "one_layer_vanishes": N, "explosion_in_8_and_10": N, "layer_9_ratio": N,
            "deep_layers_stable": R, "no_evidence_of_explosion": R, "all_layers_above_1e2": R,
            "relu_passes_unchanged": R,
        },
    ),
    "norms far apart": (
        norms("relu_adam", "POW(10, 5 * layer)"),
        {
            "ratios_close_to_one": N, "figure_10_range": N, "table_7_layers_1_7": N,
            "table_7_layers_11_11": N,
        },
    ),
    "a mean that stays": (steps("relu_adam", "mean = 2e-3"), {"mean_gradient_layer_9": N}),
    "curves that stand still": (
        curves("relu_adam", "accuracy = 0.3, loss = 2, test_accuracy = 0.1"),
        {
            "relu_adam_accuracy_first": N, "relu_adam_loss_last": N, "accuracy_rises_steadily": N,
            "relu_adam_accuracy_last": N, "relu_adam_loss_first": N,
            "loss_falls_consistently": N, "only_relu_adam_converges": N, "highest_accuracy": N,
        },
    ),
    "norms that never reach zero": (
        norms("relu_sgd", "1 / layer"),
        {
            "table_9_layer_11_zero": N, "table_9_layer_11_first": N, "table_9_ratio": N,
            "table_8_no_number_later": N, "table_8_layer_11": N, "sgd_vanishes": N,
            "table_8_layer_8": N, "table_8_layer_9": N, "table_8_layer_10": N,
        },
    ),
    "a first epoch of zeros": (
        norms("relu_sgd", "0", "layer < 8"),
        {"table_8_infinite_first": R, "layer_3_zero": R},
    ),
    "a layer that passes nothing on": (
        norms("relu_sgd", "0", "layer = 7 AND epoch = 1"),
        {"table_8_layer_6": R},
    ),
    "zeros in all layers": (
        norms("relu_sgd", "0", "epoch > 1"),
        {"zero_in_all_layers": R},
    ),
    "zeros in every other layer": (
        norms("relu_sgd", "layer % 2 = 0"),
        {"table_8_infinity": R},
    ),
    "large gradients": (
        steps("relu_sgd", "gradient_norm = 7.31", "epoch = 1"),
        {"large_initial_gradients": R, "average_norm_7": R},
    ),
    "a loss that grows": (
        curves("%", "loss = 2 + epoch"),
        {
            "relu_sgd_divergence": R, "sigmoid_adam_divergence": R, "relu_sgd_loss_range": N,
            "sigmoid_sgd_loss_range": N, "only_relu_adam_converges": N,
            "sigmoid_adam_loss_first": N, "sigmoid_adam_loss_last": N,
        },
    ),
    "ratios as Section 6.3 has them": (
        norms("sigmoid_adam", "POW(0.025, layer)", "layer < 4"),
        {"layers_1_and_2_small": R, "table_10_layer_2": N},
    ),
    "a larger norm at the input": (
        norms("sigmoid_adam", "norm * 1e5 / epoch", "layer = 1"),
        {"table_10_layer_1": N, "layer_1_above_threshold": N, "early_layers_stop": R},
    ),
    "trillions without a constant": (
        norms("sigmoid_adam", "norm * 1e9", "layer = 5"),
        {"table_10_layer_4": R},
    ),
    "all norms of sigmoid with Adam alike": (
        norms("sigmoid_adam", "1"),
        {
            "healthy_flow": R, "table_10_layers_5_7_9_11": R, "sigmoid_vanishes_early": N,
            "table_10_layer_3": N,
        },
    ),
    "an accuracy that stays": (
        curves("sigmoid_adam", "accuracy = 0.199"),
        {"accuracy_plateaus": R, "sigmoid_adam_accuracy_first": N},
    ),
    "an accuracy that is lost": (
        curves("sigmoid_adam", "accuracy = 0.1"),
        {"sigmoid_adam_accuracy_last": N},
    ),
    "the ratio of layer 5": (
        norms("relu_sgd", "CASE layer WHEN 6 THEN 7.31016 ELSE 1 END"),
        {"table_8_layer_5": R},
    ),
    "zeros below layer 5": (
        norms("sigmoid_sgd", "0", "layer < 5"),
        {"table_11_infinite": R, "no_signal_at_all": R},
    ),
    "all norms of sigmoid with SGD alike": (
        norms("sigmoid_sgd", "1"),
        {"table_11_layers_5_7_9_11": R, "exactly_one": R, "consistently_preserved": R},
    ),
    "the constants of Table 11": (
        norms("sigmoid_sgd", CONSTANTS),
        {"table_11_layers_6": R, "table_11_layers_8": R, "table_11_layers_10": R},
    ),
    "the constants of Table 10": (
        norms("sigmoid_adam", CONSTANTS),
        {"table_10_layers_6": R, "table_10_layers_8": R, "table_10_layers_10": R},
    ),
    "ReLU above sigmoid": (
        norms("relu_sgd", "norm * 1e9"),
        {"h1_with_sgd": R, "question_1_activation": R},
    ),
    "ReLU with Adam below all others": (
        norms("relu_adam", "norm * 1e-9"),
        {
            "h1_with_adam": N, "question_2_optimizer": N, "question_3_interaction": N,
            "question_5_best": N,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_other_rows_give_another_verdict(case, base, change, judge):
    statements, expected = CASES[case]
    for statement in [statements] if isinstance(statements, str) else statements:
        change(statement)
    for result in judge(*expected):
        name = result.claim.name
        assert result.verdict == expected[name], (name, result.finding.found)


def test_the_cases_are_not_what_the_rows_say_anyway(base):
    for case, (_, expected) in CASES.items():
        for name, verdict in expected.items():
            same = base[name].verdict == verdict
            assert not same or (case, name) in {
                ("as many rows in all layers", "gigabytes_45"),
                ("data sets the other way round", "table_9_layer_12"),
            }, (case, name)


def test_every_claim_that_can_be_tested_has_two_verdicts_here():
    changed = {name for _, expected in CASES.values() for name in expected}
    assert {claim.name for claim in CLAIMS} - changed == {"many_seeds", "equation_10"}


def test_every_verdict_is_reached(base):
    reached = {verdict for _, expected in CASES.values() for verdict in expected.values()}
    reached |= {result.verdict for result in base.values()}
    assert reached == set(Verdict)


def test_an_artefact_is_none_where_the_cells_survive_their_storage(base, change, judge):
    """Plain norms stay as they are: the verdict follows the gradient tables."""
    table = "relu_sgd_layer_3_hidden"
    assert base["layer_3_zero"].verdict == A
    change(
        f"UPDATE {table} SET Gradient1 = Gradient1 + 1", f"UPDATE {table} SET Gradient1 = Gradient2"
    )
    assert judge("layer_3_zero")[0].verdict == N


def test_a_contradiction_is_one_only_where_the_rows_deny_the_sentence_too(base):
    assert base["exactly_one"].verdict == C
    assert "the paper's own numbers disagree" in base["exactly_one"].finding.found
