"""Lightning: its Trainer's gradients are in the tables, as the optimizer gets them."""

import json
import logging

import pytest

from tests.peers.conftest import library
from vanishing_gradients import LightningWatch
from vanishing_gradients.telemetry.errors import WatchError

torch = library("torch")
libraries = [library("lightning.pytorch"), library("pytorch_lightning")]
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
nn = torch.nn


@pytest.fixture(params=libraries, ids=["lightning", "pytorch_lightning"])
def pl(request):
    return request.param


@pytest.fixture
def fit(pl, migrated, tmp_path):
    """Return a function that fits a small module for two epochs, and the norms it had."""

    def fitted(fails=None, **options):
        torch.manual_seed(0)

        class Module(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
                self.seen = []

            def training_step(self, batch, index):
                if fails and index == 2:
                    raise fails
                x, y = batch
                return nn.functional.cross_entropy(self.net(x), y)  # and not self(x)

            def validation_step(self, batch, index):
                self.log("val_loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))
                self.log("val_acc", 0.25)

            def on_before_optimizer_step(self, optimizer):
                self.seen.append(float(self.net[0].weight.grad.norm()))

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.05)

        data = torch.utils.data.TensorDataset(torch.randn(64, 6), torch.arange(64) % 3)
        loader = torch.utils.data.DataLoader(data, batch_size=16)
        module = Module()
        trainer = pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
            callbacks=[LightningWatch("net", url=migrated, on_error="raise")], **options,
        )  # fmt: skip
        trainer.fit(module, loader, loader)
        return module

    return fitted


def test_gradients_are_those_before_clipping_and_the_run_is_finished(fit, stored):
    module = fit(gradient_clip_val=0.01)
    assert stored.norms("net.0.weight") == pytest.approx(module.seen, rel=1e-6)
    assert max(row["clipped_norm"] for row in stored.steps("net.0.weight")) <= 0.01
    run = stored.run
    assert (run["status"], run["recorded_at"], run["epochs"]) == ("finished", "before_clipping", 2)
    assert json.loads(run["config"])["watch"]["optimizer"] == "SGD"


def test_activations_are_met_though_training_never_calls_the_whole_module(fit, stored):
    fit()
    assert stored.names == ["net.0.weight", "net.1", "net.2.weight"]
    assert len(stored.steps("net.1")) == 8


def test_losses_and_what_is_logged_of_held_out_data_are_kept_by_epoch(fit, stored):
    fit()
    first, second = stored.epochs
    assert first["loss"] > second["loss"] > 0
    assert first["test_loss"] > 0
    assert first["test_accuracy"] == 0.25


def test_a_step_has_the_sum_of_accumulated_batches_and_their_loss(fit, stored):
    module = fit(accumulate_grad_batches=2)
    assert len(module.seen) == 4
    assert stored.norms("net.2.weight").shape == (4,)
    assert stored.norms("net.0.weight") == pytest.approx(module.seen, rel=1e-6)
    assert [row["samples"] for row in stored.ask(
        "SELECT samples FROM recorded_steps WHERE run_id = :run"
    )] == [32] * 4  # fmt: skip
    assert 0.8 < stored.epochs[0]["loss"] < 1.6  # for three classes; not half of it


@pytest.mark.parametrize(("batches", "steps"), [(1, 4), (3, 2)])
def test_the_steps_of_an_epoch_are_told(fit, told_steps, batches, steps):
    fit(accumulate_grad_batches=batches)
    assert told_steps == {steps}


def test_an_exception_in_training_fails_the_run_and_passes(fit, stored):
    with pytest.raises(ZeroDivisionError):
        fit(ZeroDivisionError("of the user"))
    assert stored.run["status"] == "failed"


def test_of_several_optimizers_one_is_chosen_with_the_part_that_it_trains(
    pl, migrated, stored, tmp_path
):
    class Two(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False
            self.left, self.right = nn.Linear(4, 5), nn.Linear(4, 6)

        def training_step(self, batch, index):
            for part, optimizer in zip((self.left, self.right), self.optimizers(), strict=True):
                optimizer.zero_grad()
                self.manual_backward(part(batch).square().mean())
                optimizer.step()

        def configure_optimizers(self):
            return [torch.optim.SGD(each.parameters(), lr=0.1) for each in (self.left, self.right)]

    def fit(*callbacks):
        pl.Trainer(
            max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
            callbacks=list(callbacks),
        ).fit(Two(), torch.utils.data.DataLoader(torch.randn(32, 4), batch_size=8))  # fmt: skip

    with pytest.raises(WatchError, match="2 optimizers"):
        fit(LightningWatch("two", url=migrated))
    fit(LightningWatch("two", url=migrated, model="right", optimizer=1, on_error="raise"))
    assert stored.names == ["weight", "output"]
    assert len(stored.steps("weight")) == 4
