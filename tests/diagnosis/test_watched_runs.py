"""The diagnosis of watched models: nothing is invented, and what is not known is said."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.watched import CONVOLUTIONS, MIXED, MLP, SIGMOID, WEIGHTS, Model, watched_run
from vanishing_gradients.analysis.diagnosis import pytorch, remedies
from vanishing_gradients.analysis.diagnosis.output import WIDTH


def sized(**changes) -> Model:
    return replace(MLP, **changes)


def sigmoids(**changes) -> Model:
    """Return the network with sigmoid in place of ReLU."""
    layers = tuple(
        replace(each, kind="sigmoid", layer_name=each.layer_name[:8] + "sigmoid", **SIGMOID)
        if each.kind == "relu"
        else each
        for each in MLP.layers
    )
    return replace(MLP, layers=layers, **changes)


@pytest.fixture
def told(clinic, diagnose):
    """Return a function that records a run and gives the lines of its diagnosis."""
    count = iter(range(1000))

    def lines(model: Model, losses=(2.3, 2.3), metrics=None, **changes) -> str:
        name = f"patient_{next(count)}"
        run_id = watched_run(clinic.url, name, model, losses, metrics=metrics, **changes)
        outcome = diagnose("--run", str(run_id))
        assert outcome.exit_code == 0
        assert all(len(line) <= WIDTH for line in outcome.output.splitlines())
        return " ".join(outcome.output.split())

    return lines


def test_a_model_whose_loss_halves_is_well_as_far_as_can_be_judged(told):
    said = told(MLP, (1.1, 0.4))
    assert "Nothing is wrong of what can be judged: the loss has fallen." in said
    assert "The loss is 1.1 in epoch 1 and 0.4 in epoch 2." in said


def test_a_model_whose_loss_stays_and_that_shows_no_fault_is_told_what_to_check(told):
    checks = told(MLP, (2.3, 2.3)).partition("What to check, one at a time:")[2]
    assert "nn.CrossEntropyLoss and nn.BCEWithLogitsLoss expect logits" in checks
    assert "Inputs: print x.mean(), x.std()" in checks


def test_layers_are_called_as_in_their_own_model(told):
    said = told(MLP, (1.1, 0.4))
    assert "layer 6 (output)" in said
    assert "layer 2 (net.1)" in said
    assert "layer_2_relu" not in said


@pytest.mark.parametrize("losses", [(2.3, 2.3), (1.1, 0.4), (None, None), (0.7,), (None,)])
@pytest.mark.parametrize("model", [MLP, CONVOLUTIONS, MIXED, WEIGHTS])
def test_nothing_is_said_of_what_nobody_told(told, model, losses):
    said = told(model, losses)
    for invented in ("None", "nan", "guessing costs 2", "images", "TOML", "seed"):
        assert invented not in said
    assert "The accuracy: none was told; w.evaluated(accuracy=...) does." in said


def test_without_a_loss_whether_it_learns_is_not_known(told):
    said = told(WEIGHTS, (None, None))
    assert "whether it learns is not known" in said
    assert "Whether it learns: no loss was told; w.log(loss=loss) does." in said


def test_without_activations_and_output_how_far_gradients_reach_is_not_judged(told):
    said = told(WEIGHTS, (2.0, 2.0))
    assert "The gradients of activations and of the model's output: none were recorded" in said


def test_what_guessing_costs_is_said_to_be_unknown(told):
    assert "What guessing costs: the loss function is not known" in told(MLP)


def test_accuracies_that_were_told_are_said(told):
    said = told(MLP, (1.1, 0.4), {"test_loss": 0.5, "test_accuracy": 0.75})
    assert "the accuracy on data held out is 75 % in epoch 1 and 75 % in epoch 2" in said
    assert "none was told" not in said


def test_vanishing_gradients_are_found_and_their_remedies_are_lines_of_pytorch(told):
    said = told(sized(sizes={1: 1e-7, 2: 1e-6, 3: 1e-4, 4: 1e-3, 5: 0.1}))
    assert "What is wrong: vanishing gradients." in said
    assert '1. nn.init.kaiming_normal_(layer.weight, nonlinearity="relu"): weights' in said
    assert "built in:" not in said


def test_vanishing_gradients_of_sigmoids_call_for_another_activation(told):
    said = told(sigmoids(sizes={1: 1e-7, 2: 1e-6}, saturated={2: 0.0, 4: 0.0}))
    assert "1. nn.ReLU() in place of the activations; nn.init.kaiming_normal_" in said


def test_exploding_gradients_are_found(told):
    said = told(sized(sizes={2: 1e4}), (None, None))
    assert "What is wrong: exploding gradients," in said
    assert said.count("No loss was told.") == 1


def test_dead_neurons_are_found(told):
    said = told(sized(saturated={2: 0.5, 4: 1.0}))
    assert "8 of the 8 neurons of layer 4 (net.3) are off for every sample in epoch 2" in said


def test_saturated_neurons_are_found(told):
    said = told(sigmoids(saturated={2: 0.9, 4: 0.95}))
    assert "lie where sigmoid is flat, most in layer 4 (net.3)" in said
    assert "nn.init.xavier_normal_(layer.weight)" in said


def test_a_rate_that_is_not_known_is_multiplied(told):
    said = told(sized(updates=1e-7), (2.0, 2.0, 2.0), config={})
    assert 'for group in optimizer.param_groups: group["lr"] *= 10000: a rate' in said
    assert "optimizer = torch.optim.Adam(model.parameters(), lr=0.001)" in said
    assert "The learning rate, and what the optimizer does with gradients." in said


def test_a_loss_that_grows_has_diverged(told):
    said = told(sized(updates=0.01), (2.0, 30.0, 90.0))
    assert "What is wrong: divergence," in said
    assert 'group["lr"] = 0.0001: the learning rate of 0.001 is too large' in said


def test_a_loss_that_was_not_told_of_some_epochs_has_not_diverged(told):
    assert "divergence" not in told(MLP, (2.0, None, 0.5))


def test_a_loss_below_zero_has_not_diverged(told):
    assert "divergence" not in told(MLP, (-1.0, -9.0, -20.0))


def test_steps_that_were_skipped_have_not_diverged(told, clinic):
    run_id = watched_run(clinic.url, "scaled", MLP, (1.0, 0.4))
    of_run = f"WHERE run_id = {run_id} AND epoch = 1"
    clinic.execute(
        "UPDATE step_statistics SET gradient_norm = NULL, non_finite = 3, weight_norm = NULL, "
        f"update_norm = NULL, clipped_norm = NULL {of_run} AND step = 1"
    )
    clinic.sum_up()
    assert clinic.faults(run_id) == []


def test_gradients_that_are_not_finite_in_a_step_that_was_taken_have_diverged(clinic):
    run_id = watched_run(clinic.url, "wild", MLP, (1.0, 0.4))
    clinic.execute(
        "UPDATE step_statistics SET gradient_norm = NULL, non_finite = 3 "
        f"WHERE run_id = {run_id} AND epoch = 2 AND step = 1 AND layer = 3"
    )
    clinic.sum_up()
    assert clinic.faults(run_id) == ["divergence"]


def test_gradients_that_clipping_takes_away_are_found_where_they_were_recorded_before_it(clinic):
    run_id = watched_run(
        clinic.url, "cut", sized(updates=1e-6), (2.0, 2.0), recorded_at="before_clipping"
    )
    clinic.execute(
        f"UPDATE step_statistics SET clipped_norm = clipped_norm / 1000 WHERE run_id = {run_id}"
    )
    clinic.sum_up()
    assert clinic.faults(run_id)[0] == "gradients clipped away"


def test_held_out_data_that_are_learned_less_and_less_are_overfitting(told, clinic):
    run_id = watched_run(clinic.url, "by_heart", MLP, (2.0, 1.0, 0.5, 0.1), metrics={
        "accuracy": 0.99, "test_accuracy": 0.6,
    })  # fmt: skip
    for epoch, loss in enumerate((1.0, 0.9, 1.5, 1.9), start=1):
        clinic.execute(
            f"UPDATE epoch_metrics SET test_loss = {loss} "
            f"WHERE run_id = {run_id} AND epoch = {epoch}"
        )
    assert clinic.faults(run_id) == ["overfitting"]


def test_a_run_that_was_stopped_is_told_without_epochs_it_was_never_told(clinic, diagnose):
    run_id = watched_run(clinic.url, "stopped", MLP, (1.1, 0.4))
    clinic.execute(f"UPDATE runs SET status = 'interrupted' WHERE run_id = {run_id}")
    said = " ".join(diagnose("--run", str(run_id)).output.split())
    assert "the run is interrupted after 2 epochs." in said


CHANGES: list[Mapping[str, object]] = [
    {"activation": "leaky_relu"}, {"normalization": "layer"}, {"hidden_widths": [64, 64]},
    {"loss": "cross_entropy"},
    remedies.COSINE.change, remedies.ADAM.change, remedies.ORTHOGONAL.change,
    *({"initialization": {"kind": kind}} for kind in ("he", "glorot", "lecun")),
    {"activation": "relu", "initialization": {"kind": "he"}, "optimizer.learning_rate": 0.1},
    {"normalization": "batch"}, {"residual": 2}, {"clipping": {"kind": "norm", "limit": 1.0}},
    {"dropout": 0.3}, {"dropout": 0.0}, {"optimizer.learning_rate.times": 0.01}, {"batch_size": 64},
    {"optimizer.weight_decay": 0.01}, {"penalties.weight_l2": 1e-4}, {"epochs": 3},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_has_a_line_of_pytorch(change):
    assert all(pytorch.lines(change, 1.0))
