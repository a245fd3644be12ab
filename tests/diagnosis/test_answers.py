"""What people ask of a network that learns is answered from its curves, and only then."""

import pytest

from tests.diagnosis.conftest import network

ASKED = "What one may ask of such a run:"
FALLING = (1.0, 0.6, 0.4, 0.3)
COLUMNS = ("loss", "accuracy", "test_loss", "test_accuracy", "learning_rate")
USUAL = {
    "loss": FALLING, "accuracy": (0.7, 0.8, 0.86, 0.9), "test_loss": (0.9, 0.6, 0.45, 0.35),
    "test_accuracy": (0.7, 0.79, 0.85, 0.89), "learning_rate": (0.1,) * 4,
}  # fmt: skip


@pytest.fixture
def answered(clinic, diagnose):
    """Return a function that gives a run these curves, by epoch, and returns what is answered."""

    def ask(dropout: float = 0.0, **curves: tuple[float, ...]) -> str:
        experiment = network(name=f"asked_{int(10 * dropout)}", epochs=4, dropout=dropout)
        run_id = clinic.admit(experiment, limit=256)
        for epoch in range(1, 5):
            values = ", ".join(
                f"{column} = {(USUAL | curves)[column][epoch - 1]}" for column in COLUMNS
            )
            clinic.execute(
                f"UPDATE epoch_metrics SET {values} WHERE run_id = {run_id} AND epoch = {epoch}"
            )
        text = " ".join(diagnose("--run", str(run_id)).stdout.split())
        return text.partition(ASKED)[2].partition("What cannot be known:")[0]

    return ask


def test_a_test_accuracy_above_the_training_accuracy_comes_of_measuring_while_weights_change(
    answered,
):
    said = answered(test_accuracy=(0.8, 0.85, 0.9, 0.93))
    assert "better than the training accuracy (93.0 % against 90.0 %)?" in said
    assert "the test with the weights at its end, which are better." in said


def test_where_there_is_dropout_that_is_why(answered):
    said = answered(dropout=0.3, test_accuracy=(0.8, 0.85, 0.9, 0.93))
    assert "Because of dropout: training is measured with up to 30 % of a layer silenced" in said


def test_a_test_loss_that_rises_with_its_accuracy_is_explained(answered):
    said = answered(test_loss=(0.5, 0.4, 0.42, 0.46), test_accuracy=(0.8, 0.85, 0.86, 0.87))
    assert "rise (from 0.4 in epoch 2 to 0.46) while the test accuracy does, too" in said
    assert "stop after epoch 2." in said


@pytest.mark.parametrize(
    ("curves", "answer"),
    [
        ({}, "Yes: the training loss fell by 25 % in the last epoch, and the test loss by 22 %."),
        ({"test_loss": (0.9, 0.5, 0.4, 0.398)}, "A little: the training loss fell by 25 %"),
        ({"test_loss": (0.9, 0.4, 0.42, 0.43)}, "Not as it is: the test loss was lowest in epoch"),
        ({"loss": (1.0, 0.5, 0.4, 0.399)}, "Hardly: the loss has come to rest, at 0.399."),
        ({"learning_rate": (0.1, 0.05, 0.01, 0.0)}, "Not with this schedule: the learning rate"),
    ],
)
def test_whether_more_training_is_worth_it(answered, curves, answer):
    assert f"Is more training worth it? {answer}" in answered(**curves)


@pytest.mark.parametrize(
    ("curves", "answer"),
    [
        ({"accuracy": (0.8, 0.9, 0.97, 0.995)}, "No: it gets 99.5 % of its training images right"),
        (
            {"loss": (1.0, 0.5, 0.4, 0.399), "accuracy": (0.7, 0.8, 0.84, 0.85)},
            "Perhaps: its training loss has come to rest at 0.399, with 85 % of its training",
        ),
    ],
)
def test_whether_the_network_is_too_small(answered, curves, answer):
    assert f"Is the network too small? {answer}" in answered(**curves)


def test_a_loss_that_still_falls_says_nothing_about_the_size(answered):
    assert "too small" not in answered()


def test_a_test_accuracy_is_compared_with_a_published_one_on_the_same_images(
    clinic, diagnose, answered
):
    assert "good on" not in answered()
    run_id = clinic.admit(network(name="asked_0", epochs=4, dropout=0.0), limit=256)
    clinic.execute(
        f"UPDATE runs SET dataset = 'mnist', training_images = 60000 WHERE run_id = {run_id}"
    )
    said = " ".join(diagnose("--run", str(run_id)).stdout.split())
    assert "Is 89.0 % good on mnist? One hidden layer of 100 ReLUs gets 97.2 %" in said
    assert "its error is 2.8 %, this one's 11.0 %." in said


def test_of_a_network_that_does_not_learn_nothing_is_asked(answered):
    stuck = (2.3, 2.3, 2.3, 2.3)
    assert answered(loss=stuck, test_loss=stuck) == ""
