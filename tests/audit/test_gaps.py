"""Missing data are reported with their cure, and never pass for a result."""

import pytest

from vanishing_gradients.analysis.audit import Verdict, run_audit
from vanishing_gradients.analysis.audit.catalogue import CLAIMS
from vanishing_gradients.analysis.audit.eligibility import CONTROLS
from vanishing_gradients.analysis.audit.nearest import SEARCHED, trials
from vanishing_gradients.analysis.errors import NoRowsError

ALONE = "UPDATE runs SET experiment = 'another' WHERE NOT ({})"


def verdicts(evidence) -> dict[str, str]:
    """Return the verdicts on all claims that rows decide."""
    return {
        result.claim.name: result.verdict
        for _, result in run_audit(evidence)
        if not result.claim.arithmetic
    }


def untested(evidence) -> dict[str, str]:
    """Return what is said about the claims that cannot be tested."""
    return {
        result.claim.name: result.finding.found
        for _, result in run_audit(evidence)
        if result.verdict == Verdict.UNTESTED
    }


def test_without_a_run_the_cure_is_named(evidence, change):
    change("UPDATE runs SET dataset = 'sample'")
    for name, found in untested(evidence()).items():
        assert "`make train EXP=" in found, name


@pytest.mark.parametrize(
    "changed",
    [
        "dataset = 'sample'",
        "status = 'interrupted', completed_epoch = 4",
        "training_images = 6400",
        "epochs = 2",
        "record_every = 2",
        "config = REPLACE(config, '128, 128, 64, 32, 16', '64, 64')",
        "config = REPLACE(config, '\"batch_size\": 128', '\"batch_size\": 64')",
        "config = REPLACE(config, '0.001', '0.5')",
        "config = REPLACE(config, '\"weight_l1\": 0.0', '\"weight_l1\": 0.1')",
        "config = JSON_SET(config, '$.inputs', '0..1')",
        "config = JSON_SET(config, '$.labels', 'shuffled')",
        "config = JSON_SET(config, '$.output', 'sigmoid')",
        "config = '{}'",
    ],
)
def test_runs_that_are_not_the_papers_decide_nothing(evidence, change, changed):
    change(f"UPDATE runs SET {changed}")
    found = evidence()
    assert found.runs == []
    assert len(found.left_out) == 48 + len(CONTROLS)
    assert set(verdicts(found).values()) == {Verdict.UNTESTED}


def test_why_runs_were_left_out_is_said(evidence, change):
    change("UPDATE runs SET status = 'interrupted', completed_epoch = 4")
    told = untested(evidence())["table_7_cells"]
    assert "is interrupted after 4 of 10 epochs" in told
    assert told.endswith("`make train EXP=relu_adam DATASET=mnist`")


def test_of_many_runs_left_out_two_are_named(evidence, change):
    change("UPDATE runs SET record_every = 2 WHERE dataset = 'fashion-mnist'")
    with pytest.raises(NoRowsError, match="and so are 7 more") as caught:
        evidence().seeds("relu_adam", "fashion-mnist")
    assert str(caught.value).count("is left out") == 2


@pytest.mark.parametrize("experiment", ["relu_adam", "relu_sgd", "sigmoid_adam", "sigmoid_sgd"])
def test_one_experiment_alone_is_tested_as_far_as_it_goes(evidence, change, base, experiment):
    change(ALONE.format(f"experiment = '{experiment}'"))
    found = verdicts(evidence())
    tested = {name for name, verdict in found.items() if verdict != Verdict.UNTESTED}
    assert tested
    for name in ("highest_accuracy", "only_relu_adam_converges", "question_3_interaction",
                 "question_5_best", "h1_with_sgd"):  # fmt: skip
        assert found[name] == Verdict.UNTESTED
    about_one = {name for name in tested if base[name].dataset == "fashion-mnist"}
    if experiment != "relu_sgd":  # without it no data set can be found to fit
        about_one = {name for name in about_one if "mnist" not in base[name].others}
    assert {name: found[name] for name in about_one} == {
        name: base[name].verdict for name in about_one
    }


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_one_data_set_alone_cannot_be_told_from_the_other(evidence, judge, change, dataset):
    change(f"UPDATE runs SET dataset = 'sample' WHERE dataset <> '{dataset}'")
    other = ({"mnist", "fashion-mnist"} - {dataset}).pop()
    assert evidence().datasets == (dataset,)
    (result,) = judge("dataset_mnist")
    assert result.verdict == Verdict.UNTESTED
    assert f"DATASET={other}`" in result.finding.found


def test_one_seed_has_no_interval(judge, change):
    change("UPDATE runs SET dataset = 'sample' WHERE seed <> 1")
    for result in judge("layer_9_ratio", "table_10_layer_1", "relu_adam_loss_last"):
        assert result.verdict == Verdict.UNTESTED
        assert "an interval needs 3: `make train EXP=all SEEDS=10" in result.finding.found


def test_three_seeds_reject_no_hypothesis(judge, change):
    change("UPDATE runs SET dataset = 'sample' WHERE seed > 3")
    (result,) = judge("h1_with_sgd")
    assert result.verdict == Verdict.UNTESTED
    assert "cannot reject at this n" in result.finding.found
    assert "SEEDS=10" in result.finding.found


def test_one_seed_is_enough_for_what_can_be_counted(judge, change):
    change("UPDATE runs SET dataset = 'sample' WHERE seed <> 1")
    cells, infinite = judge("figure_10_range", "table_11_infinite")
    assert cells.verdict == Verdict.REPRODUCED
    assert infinite.verdict == Verdict.ARTEFACT


def test_norms_that_were_not_finite_reproduce_nothing(evidence, change, base):
    """Except what is said about curves, sizes and networks."""
    change("UPDATE step_statistics SET row_norm_sum = NULL, gradient_norm = NULL, mean = NULL, "
           "finite_rows = 0")  # fmt: skip
    of_norms = ("epoch_means", "gradient_norm_ratios")
    others = {
        name
        for name, each in base.items()
        if not each.claim.arithmetic
        and not any(view in " ".join(each.queries) for view in of_norms)
    }
    found = verdicts(evidence())
    assert len(found) - len(others) > 50
    assert {name for name in found if found[name] == Verdict.REPRODUCED} <= others


def test_one_norm_that_was_not_finite_does_not_pass_for_zero(judge, change):
    change("UPDATE step_statistics SET row_norm_sum = NULL, finite_rows = 0 WHERE layer < 12 "
           "AND epoch > 1")  # fmt: skip
    for result in judge("table_8_infinity", "table_9_layer_11_zero", "zero_in_all_layers"):
        assert result.verdict != Verdict.REPRODUCED


def test_losses_that_were_not_finite_are_a_divergence_and_nothing_else(judge, change):
    change("UPDATE epoch_metrics SET loss = NULL, test_loss = NULL")
    diverges, *others = judge("relu_sgd_divergence", "loss_falls_consistently",
                              "relu_adam_loss_first", "relu_sgd_loss_range",
                              "only_relu_adam_converges")  # fmt: skip
    assert diverges.verdict == Verdict.REPRODUCED
    assert {result.verdict for result in others} == {Verdict.NOT_REPRODUCED}


def test_seeds_without_a_number_are_told(judge, change):
    change("UPDATE epoch_metrics JOIN runs ON runs.run_id = epoch_metrics.run_id SET loss = NULL "
           "WHERE seed = 2 AND experiment = 'relu_adam'")  # fmt: skip
    (result,) = judge("relu_adam_loss_first")
    assert result.verdict == Verdict.REPRODUCED
    assert "undefined or not finite in 1 of 9 seeds" in result.finding.found


def test_rows_that_are_gone_are_an_error_with_a_cure(evidence, change):
    change("DELETE FROM step_statistics WHERE layer = 5 AND epoch = 3")
    with pytest.raises(NoRowsError, match=r"has 119 of 120 rows .*`make train EXP=relu_adam"):
        evidence().norms("relu_adam", "mnist")


def test_gradients_that_are_gone_are_an_error_with_a_cure(evidence, change):
    table = "sigmoid_sgd_layer_2_sigmoid"
    change(f"UPDATE {table} SET Epoch = 11 WHERE Epoch = 3",
           f"UPDATE {table} SET Epoch = 3 WHERE Epoch = 11")  # fmt: skip
    with pytest.raises(NoRowsError, match=r"has lost rows .*`make train EXP=sigmoid_sgd"):
        evidence().stored_norms("sigmoid_sgd", "fashion-mnist", (2,), 6, 0.0)


@pytest.mark.parametrize("experiment", SEARCHED)
def test_without_gradients_the_search_tries_every_seed_as_it_is(evidence, experiment):
    found = trials(evidence(), experiment, "mnist")
    assert [trial.decimals for trial in found] == [None, None, None]


def test_every_claim_was_asked(base):
    assert set(base) == {claim.name for claim in CLAIMS}
