"""What runs, and how it goes, in one sentence."""

import math
from datetime import datetime

import pandas as pd
import pytest

from vanishing_gradients.analysis.live.sentences import Place, conspicuous, how_it_goes

NONE = pd.DataFrame(columns=["loss", "accuracy", "test_loss", "test_accuracy"])
CURVES = pd.DataFrame(
    {
        "loss": [2.0, 1.5],
        "accuracy": [0.3, 0.5],
        "test_loss": [1.9, 1.4],
        "test_accuracy": [0.4, 0.55],
    }
)


def place(**changes) -> Place:
    values = {
        "run_id": 7, "experiment": "my_net", "started_at": datetime(2026, 1, 1),
        "status": "running", "lost": False, "completed_epoch": 3, "epochs": 10, "epoch": 4,
        "step": 212, "steps": 469,
        "loss": 0.41, "accuracy": 0.8, "steps_per_second": 47.6, "waiting_rows": 1200, "age": 0.4,
    }  # fmt: skip
    return Place(**values | changes)


def test_a_run_under_way_says_how_far_it_is_and_whether_its_loss_falls():
    assert how_it_goes(place(), CURVES) == (
        "Run 7, my_net: epoch 4 of 10, step 212 of 469, loss 0.41, falling, 21 ms a step, "
        "1,200 rows waiting to be written."
    )


@pytest.mark.parametrize(
    ("loss", "trend"), [(1.7, ", rising"), (1.5, ", hardly changing"), (1.2, ", falling")]
)
def test_the_trend_is_beside_the_last_complete_epoch(loss, trend):
    assert f"loss {loss:g}{trend}," in how_it_goes(place(loss=loss), CURVES)


def test_in_the_first_epoch_there_is_no_trend():
    sentence = how_it_goes(place(completed_epoch=0, epoch=1), NONE)
    assert "epoch 1 of 10, step 212 of 469, loss 0.41, 21 ms a step" in sentence


def test_what_a_watched_model_did_not_tell_is_left_out():
    quiet = place(epochs=None, steps=None, loss=None, steps_per_second=None, waiting_rows=None)
    assert how_it_goes(quiet, NONE) == "Run 7, my_net: epoch 4, step 212."


def test_a_process_that_says_nothing_is_told_apart_from_one_that_is_gone():
    assert "no word for 40 s" in how_it_goes(place(age=40.0), CURVES)
    assert how_it_goes(place(lost=True), CURVES) == (
        "Run 7, my_net: its process is gone, after 3 of 10 epochs, loss 1.5, "
        "55.0% right on test data."
    )


def test_a_finished_run_says_what_came_of_it():
    finished = place(status="finished", completed_epoch=10, epoch=None)
    assert how_it_goes(finished, CURVES) == (
        "Run 7, my_net: finished after 10 epochs, loss 1.5, 55.0% right on test data."
    )


def pulses(**changes) -> pd.DataFrame:
    row = {
        "layer": 3, "step": 9, "norm": 0.1, "gradient_norm": 0.5, "zeros": 0.2, "non_finite": 0,
        "recent_median": 0.4,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"non_finite": 2}, "2 values of the gradient not finite at step 9"),
        ({"zeros": 1.0, "gradient_norm": 0.0}, "all of its gradient is 0 at step 9"),
        ({"gradient_norm": 4.0}, "its gradient norm is 10 times its recent median at step 9"),
    ],
)
def test_what_is_conspicuous_is_said_of_the_layer(changes, said):
    (found,) = conspicuous(pulses(**changes), {3: "layer 3, fc2.weight"})
    assert found == f"layer 3, fc2.weight: {said}"


@pytest.mark.parametrize(
    "changes",
    [{}, {"gradient_norm": 3.9}, {"recent_median": math.nan}, {"gradient_norm": math.nan}],
)
def test_nothing_is_said_of_an_ordinary_step(changes):
    assert not list(conspicuous(pulses(**changes), {}))
