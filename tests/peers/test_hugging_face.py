"""Hugging Face's Trainer: its gradients are in the tables, as before clipping."""

import math
import os
import subprocess
import sys

import pytest

from tests.peers.conftest import library
from vanishing_gradients import HuggingFaceWatch

torch = library("torch")
transformers = library("transformers")
library("accelerate")


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.act = torch.nn.Linear(6, 8), torch.nn.ReLU()
        self.last = torch.nn.Linear(8, 3)
        self.seen = []

    def forward(self, x, labels=None):
        logits = self.last(self.act(self.first(x)))
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


class Trainer(transformers.Trainer):
    """Records the norm of a gradient before clipping."""

    def _clip_grad_norm(self, model):
        model.seen.append(float(model.first.weight.grad.norm()))
        return super()._clip_grad_norm(model)


@pytest.fixture
def train(migrated, tmp_path):
    """Return a function that trains a small model for six steps."""

    def trained(data=None, callback=None, model=None, **options):
        given = {
            "output_dir": str(tmp_path), "per_device_train_batch_size": 8, "max_steps": 6,
            "logging_steps": 3, "report_to": [], "save_strategy": "no", "use_cpu": True,
            "disable_tqdm": True, "seed": 5,
        }  # fmt: skip
        arguments = transformers.TrainingArguments(**given | options)
        torch.manual_seed(0)
        rows = [{"x": torch.randn(6), "labels": number % 3} for number in range(48)]
        model = model or Net()
        trainer = Trainer(
            model, arguments, train_dataset=data or rows, eval_dataset=rows[:8],
            callbacks=[callback or HuggingFaceWatch("net", url=migrated, on_error="raise")],
        )  # fmt: skip
        trainer.train()
        model.logged = [each["loss"] for each in trainer.state.log_history if "loss" in each]
        return model

    return trained


def test_an_epoch_is_a_window_of_logging_and_gradients_are_those_before_clipping(train, stored):
    model = train(max_grad_norm=0.01, eval_strategy="steps", eval_steps=3)
    assert stored.norms("first.weight") == pytest.approx(model.seen, rel=1e-6)
    assert max(row["clipped_norm"] for row in stored.steps("first.weight")) <= 0.01
    assert stored.names == ["first.weight", "act", "last.weight", "output"]
    assert (stored.run["status"], stored.run["seed"]) == ("finished", 5)
    assert stored.run["recorded_at"] == "before_clipping"
    assert [row["loss"] for row in stored.epochs] == pytest.approx(model.logged)
    assert all(row["test_loss"] > 0 for row in stored.epochs)
    assert [row["step"] for row in stored.steps("act")] == [1, 2, 3] * 2


def test_accumulated_batches_are_one_step(train, stored):
    model = train(gradient_accumulation_steps=2, max_steps=3, logging_steps=1)
    assert stored.norms("first.weight") == pytest.approx(model.seen, rel=1e-6)
    assert {row["row_count"] for row in stored.steps("act")} == {16}


def test_where_logging_is_by_epoch_epochs_are_the_trainers_own(train, stored):
    train(logging_strategy="epoch", num_train_epochs=2, max_steps=-1)
    assert [row["step"] for row in stored.steps("last.weight")] == [1, 2, 3, 4, 5, 6] * 2
    assert all(row["loss"] > 0 for row in stored.epochs)


@pytest.mark.parametrize(
    ("options", "steps"),
    [({"logging_steps": 3}, 3), ({"logging_strategy": "epoch"}, 6),
     ({"logging_strategy": "epoch", "gradient_accumulation_steps": 2}, 3)],
)  # fmt: skip
def test_the_steps_of_an_epoch_are_told(train, told_steps, options, steps):
    train(**options)
    assert told_steps == {steps}


def test_a_loss_that_is_no_number_is_not_hidden(train, stored):
    rows = [{"x": torch.full((6,), math.nan), "labels": 0}] * 48
    train(rows)
    assert stored.steps("last.weight")[0]["non_finite"] == 24
    assert all(row["loss"] is None for row in stored.epochs)


def test_an_exception_fails_the_run_where_with_tells_of_it(train, migrated, stored):
    model = Net()
    model.act.register_forward_hook(lambda *_: 1 / 0 if len(model.seen) > 2 else None)
    watching = HuggingFaceWatch("net", url=migrated, on_error="raise")
    with pytest.raises(ZeroDivisionError), watching as callback:
        train(callback=callback, model=model)
    assert stored.run["status"] == "failed"


SCRIPT = """
import sys
import transformers
from vanishing_gradients import HuggingFaceWatch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.steps = nn.Linear(3, 2), 0

    def forward(self, x, labels=None):
        self.steps += 1
        if self.steps == 4:
            raise ZeroDivisionError
        logits = self.layer(x)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}

arguments = transformers.TrainingArguments(
    sys.argv[1], max_steps=6, report_to=[], use_cpu=True, save_strategy="no", disable_tqdm=True
)
transformers.Trainer(
    Net(), arguments, train_dataset=[{"x": [1.0, 2.0, 3.0], "labels": 1}] * 64,
    callbacks=[HuggingFaceWatch("net")],
).train()
"""


def test_without_it_the_run_is_interrupted_when_the_process_ends(migrated, stored, tmp_path):
    url = migrated.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
    assert stored.run["status"] == "interrupted"
