"""Loops as people write them: epochs, losses, and errors within them."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
from functools import partial

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from vanishing_gradients import watch  # noqa: E402
from vanishing_gradients.sql.errors import DatabaseError  # noqa: E402
from vanishing_gradients.telemetry.errors import RecordingError, ResumeError, WatchError  # noqa: E402
from vanishing_gradients.telemetry.space import run_sizes  # noqa: E402


@pytest.fixture
def watching(watching):
    """These tests of loops need no rows."""
    return partial(watching, telemetry="statistics")


def mlp(hidden=3):
    return nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, 2))


def sgd(model, rate=0.1):
    return torch.optim.SGD(model.parameters(), lr=rate)


def step(model, optimizer, x=None):
    x = torch.randn(5, 4) if x is None else x
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), torch.zeros(len(x), dtype=torch.long))
    loss.backward()
    optimizer.step()
    return loss


def epochs(stored):
    return stored.ask("SELECT * FROM epoch_metrics WHERE run_id = :run", run=stored.run["run_id"])


def test_losses_are_means_over_samples(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer) as w:
        for x in w.epoch([torch.randn(6, 4), torch.randn(2, 4)]):
            step(model, optimizer, x)
            w.log(loss=torch.tensor(float(len(x))), accuracy=len(x) / 8)
        w.evaluated(loss=0.5, accuracy=torch.tensor(0.75))
    (row,) = epochs(stored)
    assert row["loss"] == (6 * 6 + 2 * 2) / 8
    assert row["accuracy"] == pytest.approx((6 * 6 + 2 * 2) / 64)
    assert (row["test_loss"], row["test_accuracy"], row["learning_rate"]) == (0.5, 0.75, 0.1)


def test_what_is_not_told_is_null(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer) as w:
        for x in w.epoch([torch.randn(6, 4)]):
            step(model, optimizer, x)
            w.log(loss=float("nan"))
    (row,) = epochs(stored)
    assert [row[name] for name in ("loss", "accuracy", "test_loss", "test_accuracy")] == [None] * 4
    assert (stored.run["seed"], stored.run["dataset"], stored.run["epochs"]) == (None, None, None)
    assert stored.run["status"] == "finished"


def test_what_is_told_is_kept(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    about = {"seed": 3, "dataset": "mine", "epochs": 5, "config": {"depth": 2}}
    with watching(model, optimizer, **about):
        step(model, optimizer)
    assert (stored.run["seed"], stored.run["dataset"], stored.run["epochs"]) == (3, "mine", 5)
    assert '"depth": 2' in str(stored.run["config"]).replace("'", '"')


def test_an_epoch_may_be_a_context_or_left_early(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer) as w:
        with w.epoch():
            step(model, optimizer)
        for x in w.epoch([torch.randn(6, 4)] * 3):
            step(model, optimizer, x)
            break
        w.evaluated(loss=2.0)
        for x in w.epoch([torch.randn(6, 4)]):
            step(model, optimizer, x)
    assert [row["test_loss"] for row in epochs(stored)] == [None, 2.0, None]


def test_epochs_may_be_windows_of_steps(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer, steps_per_epoch=2) as w:
        for x in w.epoch([torch.randn(6, 4)] * 5):
            step(model, optimizer, x)
    recorded = stored.ask(
        "SELECT * FROM recorded_steps WHERE run_id = :run ORDER BY epoch, step",
        run=stored.run["run_id"],
    )
    places = [(row["epoch"], row["step"]) for row in recorded]
    assert places == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)]
    assert {row["samples"] for row in recorded} == {6}


def test_every_kth_step_is_recorded(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer, every=3) as w:
        for _ in range(2):
            for x in w.epoch([torch.randn(6, 4)] * 5):
                step(model, optimizer, x)
    places = [(row["epoch"], row["step"]) for row in stored.steps("1")]
    assert places == [(1, 1), (1, 4), (2, 1), (2, 4)]
    assert stored.run["record_every"] == 3


def test_the_size_of_a_run_is_known(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer, telemetry="statistics") as w:
        for _ in range(3):
            for x in w.epoch([torch.randn(6, 4)] * 5):
                step(model, optimizer, x)
    with stored.connect() as connection:
        assert run_sizes(connection)[stored.run["run_id"]] > 3 * 5 * len(stored.layers) * 100


def test_no_hook_is_left_behind(watching):
    from torch.nn.modules import module

    model = mlp()
    optimizer = sgd(model)

    def train():
        with watching(model, optimizer):
            step(model, optimizer)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert not module._global_forward_pre_hooks
    assert not module._global_forward_hooks
    gc.collect()


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt, "interrupted"), (RuntimeError, "failed")]
)
def test_what_ends_a_loop_is_raised_and_written_down(watching, stored, error, status):
    model = mlp()
    optimizer = sgd(model)

    def train():
        with watching(model, optimizer) as w:
            for x in w.epoch([torch.randn(6, 4)]):
                step(model, optimizer, x)
            for x in w.epoch([torch.randn(6, 4)] * 2):
                step(model, optimizer, x)
                raise error

    with pytest.raises(error):
        train()
    assert stored.run["status"] == status
    assert stored.run["completed_epoch"] == 1


def test_a_cell_of_a_notebook_may_run_twice(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    for _ in range(2):
        with watching(model, optimizer):
            step(model, optimizer)
    assert len(stored.steps("1")) == 1


def test_a_model_is_watched_once_at_a_time(watching):
    model = mlp()
    optimizer = sgd(model)
    with (
        watching(model, optimizer),
        pytest.raises(WatchError, match="is being watched already"),
        watching(model, optimizer),
    ):
        pass


def test_a_model_that_was_changed_gets_another_name(watching, stored):
    names = []
    for hidden in (3, 4, 3, 4):
        model = mlp(hidden)
        optimizer = sgd(model)
        with watching(model, optimizer, experiment="changed"):
            step(model, optimizer)
        names.append(stored.run["experiment"])
    assert names == ["changed", "changed_2", "changed", "changed_2"]


def test_two_models_with_an_optimizer_each_are_two_runs(watching, stored):
    generator, critic = mlp(), mlp()
    optimizers = [sgd(generator), sgd(critic)]
    with (
        watching(generator, optimizers[0], experiment="generator"),
        watching(critic, optimizers[1], experiment="critic"),
    ):
        for _ in range(2):
            step(generator, optimizers[0])
            step(critic, optimizers[1])
    runs = stored.ask(
        "SELECT experiment, run_id FROM runs WHERE experiment IN ('generator', 'critic')"
    )
    assert len(runs) == 2
    for run in runs:
        counted = stored.ask(
            "SELECT COUNT(*) AS n FROM recorded_steps WHERE run_id = :run", run=run["run_id"]
        )
        assert counted[0]["n"] == 2


def test_one_model_may_have_two_optimizers(watching, stored):
    model = mlp()
    optimizers = [torch.optim.SGD(model[0].parameters(), lr=0.1), sgd(model[2], 0.2)]
    with watching(model, optimizers):
        for _ in range(2):
            model.zero_grad()
            model(torch.randn(5, 4)).sum().backward()
            for each in optimizers:
                each.step()
    for name in ("0.weight", "2.weight"):
        assert [row["step"] for row in stored.steps(name)] == [1, 2]
    assert all(row["update_norm"] > 0 for row in stored.steps("2.weight"))


def test_a_run_goes_on_at_an_epoch_of_its_own_choice(watching, stored):
    model = mlp()
    optimizer = sgd(model)

    def train(w, count):
        for _ in range(count):
            for x in w.epoch([torch.randn(6, 4)] * 2):
                step(model, optimizer, x)

    with watching(model, optimizer, experiment="resumed") as w:
        train(w, 3)
    run = stored.run["run_id"]
    with watching(model, optimizer, experiment="resumed", run=run) as w:
        train(w, 1)
    assert [row["epoch"] for row in epochs(stored)] == [1, 2, 3, 4]
    with watching(model, optimizer, experiment="resumed", run=run, first_epoch=2) as w:
        train(w, 1)
    assert stored.run["run_id"] == run
    assert [row["epoch"] for row in epochs(stored)] == [1, 2]
    assert {row["epoch"] for row in stored.steps("1")} == {1, 2}
    assert stored.run["status"] == "finished"


def test_only_a_watched_run_with_these_layers_can_go_on(watching, stored):
    model = mlp()
    with watching(model, sgd(model), experiment="mine") as w:
        step(model, w._optimizers[0])
    run = stored.run["run_id"]
    with pytest.raises(ResumeError, match="There is no run 9999"):
        watching(model, sgd(model), run=9999).start()
    with pytest.raises(ResumeError, match="can continue with epoch 2 or an earlier one"):
        watching(model, sgd(model), run=run, first_epoch=5).start()
    other = mlp(7)
    optimizer = sgd(other)
    with (
        pytest.raises(ResumeError, match="it had other layers"),
        watching(other, optimizer, run=run),
    ):
        step(other, optimizer)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"experiment": "My Net"}, "cannot name an experiment"),
        ({"telemetry": "all"}, "choose 'statistics' or 'full'"),
        ({"telemetry": {"fc*": "some"}}, "choose 'statistics' or 'full'"),
        ({"every": 0}, "give 1 or more"),
        ({"steps_per_epoch": -1}, "give 1 or more"),
        ({"when_behind": "run"}, "choose 'wait' or 'thin'"),
        ({"on_error": "ignore"}, "choose 'warn' or 'raise'"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_in_a_sentence(watching, options, said):
    model = mlp()
    with pytest.raises((RecordingError, DatabaseError), match=said):
        watching(model, sgd(model), **options)


def test_a_model_without_an_optimizer_or_with_none_of_pytorch_is_refused(watching):
    with pytest.raises(WatchError, match="a model and the optimizer that trains it, or neither"):
        watching(mlp())
    with pytest.raises(WatchError, match="object is not a PyTorch optimizer"):
        watching(mlp(), object()).start()


def test_a_database_that_is_not_migrated_is_said_before_training(database):
    model = mlp()
    with pytest.raises(DatabaseError, match="vanishing-gradients migrate"):
        watch(model, sgd(model), experiment="net", url=database).start()


def test_no_server_is_said_before_training_with_the_command_that_starts_one(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SERVER_DIR", str(tmp_path))
    model = mlp()
    with pytest.raises(DatabaseError, match="vanishing-gradients up"):
        watch(model, sgd(model), experiment="net").start()


def test_an_optimizer_that_never_steps_is_told(watching, capfd):
    model = mlp()
    with watching(model, sgd(model)):
        step(model, sgd(model))
    assert "No step of the optimizer was seen" in capfd.readouterr().err


def test_what_goes_wrong_in_recording_ends_no_training(watching, stored, capfd, monkeypatch):
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer, on_error="warn") as w:
        step(model, optimizer)
        monkeypatch.setattr(w._run, "record", lambda *_: 1 / 0)
        step(model, optimizer)
        step(model, optimizer)
    said = capfd.readouterr().err
    assert (
        said.count("Recording has ended, and training continues without it: ZeroDivisionError") == 1
    )
    assert stored.run["status"] == "failed"


def test_workers_of_a_loader_that_are_forked_record_nothing(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    dataset = torch.utils.data.TensorDataset(torch.randn(12, 4))
    loader = torch.utils.data.DataLoader(dataset, batch_size=4, num_workers=2)
    with watching(model, optimizer) as w:
        for _ in range(2):
            for (x,) in w.epoch(loader):
                step(model, optimizer, x)
    assert len(stored.steps("1")) == 6
    assert stored.run["status"] == "finished"


KILLED = """
    import os, signal, sys, torch
    from torch import nn
    from vanishing_gradients import watch
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, experiment="killed", url=sys.argv[1]) as w:
        for number in range(3):
            for x in w.epoch([torch.randn(6, 4)] * 2):
                optimizer.zero_grad()
                model(x).sum().backward()
                optimizer.step()
            if number == 1:
                w._close_ended()
                w._run._session.recorder.finish()
                os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_whose_process_was_killed_is_interrupted(migrated, watching, stored):
    url = migrated.render_as_string(hide_password=False)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), url]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=dict(os.environ)
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert stored.run["completed_epoch"] == 2
    model = mlp()
    optimizer = sgd(model)
    with watching(model, optimizer):  # the next lookup finds that nobody has it
        step(model, optimizer)
    (run,) = stored.ask("SELECT status FROM runs WHERE experiment = 'killed'")
    assert run["status"] == "interrupted"
