"""What is said: the numbers of the views, and what cannot be known."""

import re

import pytest

from tests.diagnosis.conftest import network
from vanishing_gradients.analysis.diagnosis import diagnose as lines_of
from vanishing_gradients.analysis.diagnosis.wording import number, percent, replacement
from vanishing_gradients.analysis.views import ask


def said(clinic, run_id: int) -> str:
    """All of a diagnosis in one line."""
    with clinic.reader.connect() as connection:
        runs = ask(connection, "experiment_summary").set_index("run_id", drop=False)
        return re.sub(r"\s+", " ", " ".join(lines_of(connection, runs.loc[run_id])))


@pytest.fixture(scope="module")
def saturated(clinic) -> int:
    weights = {"kind": "normal", "scale": 5.0}
    return clinic.admit(network(name="stuck", activation="tanh", initialization=weights))


@pytest.fixture(scope="module")
def well(clinic) -> int:
    return clinic.admit(network(name="well", hidden_widths=[32, 32]))


def test_layer_epoch_and_value_are_those_of_the_view(clinic, saturated):
    with clinic.reader.connect() as connection:
        rows = ask(connection, "saturation", run_id=saturated)
    last = rows[rows["epoch"] == 2].set_index("layer")["saturated"]
    worst = int(last.idxmax())
    expected = f"layer {worst} (layer_{worst}_tanh): {percent(last[worst])} in epoch 2"
    assert expected in said(clinic, saturated)


def test_the_likeliest_remedy_is_said_as_a_line_of_the_file_with_its_source(clinic, saturated):
    text = said(clinic, saturated)
    assert '1. initialization = { kind = "glorot" } in place of initial_weight_scale: ' in text
    assert "built in: sigmoid_sgd_xavier. Glorot and Bengio (2010)" in text


def test_of_a_healthy_network_the_numbers_that_say_so_are_shown(clinic, well):
    text = said(clinic, well)
    assert "Nothing is wrong. The numbers that say so:" in text
    assert "What to try" not in text
    for word in ("where guessing costs 2.3", "Gradients get through", "of their size"):
        assert word in text
    assert re.search("Dead are|No neuron is dead", text)


def test_a_network_that_is_not_done_is_told_to_go_on(clinic):
    slow = {"kind": "sgd", "learning_rate": 0.01}
    text = said(clinic, clinic.admit(network(name="begun", batch_size=128, optimizer=slow)))
    assert "nothing is wrong: its loss still falls. Give it more EPOCHS." in text


@pytest.mark.parametrize(
    ("telemetry", "cure"), [("full", "`make summarize` does"), ("statistics", "train it again")]
)
def test_a_run_of_an_older_version_has_no_noise_scale_and_it_says_so(clinic, telemetry, cure):
    run_id = clinic.admit(network(name="unsummed", epochs=1), telemetry=telemetry)
    clinic.execute(
        "UPDATE epoch_layers SET mean_square = NULL, square_of_mean = NULL, noise_scale = NULL "
        f"WHERE run_id = {run_id}"
    )
    text = said(clinic, run_id)
    assert "The noise scale of gradients: an older version did not sum it up; " + cure in text
    assert "images a batch." in text


@pytest.mark.parametrize("telemetry", ["full", "statistics"])
def test_a_run_has_its_noise_scale(clinic, telemetry):
    adam = {"kind": "adam", "learning_rate": 0.001}
    experiment = network(name="whole", hidden_widths=[32, 32], epochs=1, optimizer=adam)
    text = said(clinic, clinic.admit(experiment, telemetry=telemetry))
    assert re.search(r"the noise scale of layer 5 is [\d.,]+ images", text)
    assert "The noise scale of gradients" not in text


def test_a_full_run_is_judged_as_one_of_statistics_alone(clinic, saturated):
    weights = {"kind": "normal", "scale": 5.0}
    experiment = network(name="stuck", activation="tanh", initialization=weights)
    full = clinic.diagnosis(clinic.admit(experiment, telemetry="full"))
    assert full == clinic.diagnosis(saturated)


def test_equal_neurons_are_seen_in_single_precision_too(clinic):
    weights = {"kind": "constant", "value": 0.05}
    experiment = network(name="equal", activation="tanh", initialization=weights)
    assert clinic.faults(clinic.admit(experiment, precision="single")) == ["symmetric neurons"]


def test_weights_of_zero_are_equal_too(clinic):
    experiment = network(name="nought", initialization={"kind": "constant", "value": 0.0})
    assert clinic.faults(clinic.admit(experiment)) == ["symmetric neurons"]


def test_a_network_without_hidden_layers_is_examined(clinic):
    assert clinic.faults(clinic.admit(network(name="flat", hidden_widths=[]))) == []


def test_steps_that_were_left_out_are_said_to_be(clinic):
    experiment = network(name="now_and_then", hidden_widths=[32, 32])
    text = said(clinic, clinic.admit(experiment, record_every=4))
    assert "What happened between the recorded steps, which are every 4th." in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.0123, "0.0123"), (4529.3, "4,529"), (1.5e-7, "1.50e-07"), (2e9, "2.00e+09"),
     (float("nan"), "not finite")],
)  # fmt: skip
def test_a_number_has_three_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.9999, "99.9 %"), (0.0002, "0.02 %"), (0.984, "98 %")],
)
def test_a_percentage_rounds_neither_to_none_nor_to_all(fraction, text):
    assert percent(fraction) == text


def test_keys_of_a_table_are_said_with_their_table_and_what_they_take_the_place_of():
    remedy = {"dropout": 0.2, "optimizer.learning_rate": 1e-5, "normalization": "batch"}
    given = {"dropout": 0.8, "optimizer": {"kind": "sgd", "learning_rate": 0.1}}
    assert replacement(remedy, given) == (
        "dropout = 0.2 in place of 0.8, learning_rate = 1e-05 in place of 0.1 in [optimizer], "
        'normalization = "batch"'
    )


@pytest.mark.parametrize(
    ("change", "given", "text"),
    [
        ({"initialization": {"kind": "he"}}, {"initial_weight_scale": 0.01},
         'initialization = { kind = "he" } in place of initial_weight_scale'),
        ({"optimizer": {"kind": "adam"}}, {"optimizer": {"kind": "sgd"}},
         'optimizer = { kind = "adam" } in place of the table [optimizer]'),
        ({"hidden_widths": [64, 64]}, {"hidden_widths": [4, 2]},
         "hidden_widths = [64, 64] in place of [4, 2]"),
        ({"optimizer.schedule": {"kind": "cosine"}, "optimizer.decay": 0.0}, {"optimizer": {}},
         'schedule = { kind = "cosine" } in [optimizer]'),
    ],
)  # fmt: skip
def test_what_is_written_says_what_has_to_go(change, given, text):
    assert replacement(change, given) == text
