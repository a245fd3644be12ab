"""`vanishing-gradients remedy`: tries what the diagnosis names, and says what helps."""

import pytest
from click.testing import CliRunner

from tests.commands.conftest import Outcome, text
from tests.watched import MLP, watched_run
from vanishing_gradients.cli import main
from vanishing_gradients.remedy.trials import failure
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.trainer import experiments

SICK = """
name = "too_fast"
hidden_widths = [16, 8]
activation = "relu"
initialization = { kind = "he" }
batch_size = 16
epochs = 6

[optimizer]
kind = "sgd"
learning_rate = 20.0
"""
HEALTHY = """
name = "well_again"
hidden_widths = [16]
activation = "tanh"
initialization = { kind = "glorot" }
batch_size = 16
epochs = 8

[optimizer]
kind = "adam"
learning_rate = 0.003
"""
MANY_IMAGES = ("--dataset", "sample", "--limit", "1000")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    for name, toml in (("sick", SICK), ("healthy", HEALTHY)):
        (folder / f"{name}.toml").write_text(toml)
    return folder


@pytest.fixture(scope="module")
def command(migrated, tmp_path_factory):
    """Return a function that runs a command on the module's database."""
    environment = {
        "DATABASE_URL": text(migrated), "SERVER_DIR": str(tmp_path_factory.mktemp("server")),
        "DATA_DIR": None, "READER_DATABASE_URL": None,
    }  # fmt: skip

    def run(*arguments: str) -> Outcome:
        done = CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)
        return Outcome(done.exit_code, done.stdout.splitlines(), done.stderr.splitlines())

    return run


@pytest.fixture(scope="module")
def sick(command, migrated, files) -> int:
    """The number of a run whose learning rate is far too large."""
    assert command("train", "--exp", str(files / "sick.toml"), *MANY_IMAGES).status == 0
    made = engine(migrated)
    with made.connect() as connection:
        found = connection.exec_driver_sql("SELECT run_id FROM runs WHERE experiment = 'too_fast'")
        run_id = found.scalar_one()
    made.dispose()
    return run_id


@pytest.fixture(scope="module")
def tried(command, sick, tmp_path_factory):
    """The outcome of trying the remedies of the sick run, and the folder of their files."""
    folder = tmp_path_factory.mktemp("remedies")
    return command("remedy", "--run", str(sick), "--output", str(folder)), folder


def test_each_remedy_is_a_file_that_can_be_trained(tried, sick):
    outcome, folder = tried
    assert outcome.status == 0, outcome
    paths = sorted(folder.glob("*.toml"))
    assert len(paths) > 1
    for number, path in enumerate(paths, start=1):
        experiment = experiments.load(path)
        assert experiment.name == path.stem == f"too_fast_r{sick}_{number}"
        assert experiment.epochs == 6
        assert path.read_text().startswith(f"# A remedy of run {sick}: ")


def test_the_best_remedy_comes_first_after_the_run_itself_and_names_its_file(tried, sick):
    outcome, folder = tried
    lines = [line.split() for line in outcome.output if line.strip()]
    assert [lines[2][0], lines[2][1]] == [str(sick), "none:"]
    best = outcome.output[-1]
    assert best.startswith("Best is ")
    assert "learning_rate = 0.1 in [optimizer]" in best
    assert f"Go on with `make train EXP={folder / f'too_fast_r{sick}_1.toml'}`." in best


def test_trials_keep_statistics_for_a_few_epochs_on_the_same_data_and_seed(tried, select, sick):
    trials = select(
        "SELECT t.telemetry, t.epochs, t.seed = r.seed, t.dataset_sha256 = r.dataset_sha256, "
        "t.training_images = r.training_images FROM runs t JOIN runs r ON r.run_id = t.remedy_of "
        f"WHERE t.remedy_of = {sick}"
    )
    assert len(trials) > 1
    assert set(trials) == {("statistics", 3, 1, 1, 1)}


def test_the_views_know_whose_remedies_they_are(tried, select, sick):
    found = select(f"SELECT COUNT(*) FROM experiment_summary WHERE remedy_of = {sick}")
    assert found == select(f"SELECT COUNT(*) FROM runs WHERE remedy_of = {sick}")


def test_what_fails_is_stopped_early_and_the_reason_is_said(tried, select, sick):
    outcome, _ = tried
    stopped = select(
        f"SELECT completed_epoch FROM runs WHERE remedy_of = {sick} AND status = 'interrupted'"
    )
    assert stopped
    assert all(epoch < 3 for (epoch,) in stopped)
    assert any("stopped:" in line for line in outcome.output)


def test_what_was_tried_is_not_trained_again(trainer, select, tried, sick):
    outcome, folder = tried
    before = select("SELECT COUNT(*) FROM runs")
    again = trainer("remedy", "--run", str(sick), "--output", str(folder))
    assert again.output == outcome.output
    assert select("SELECT COUNT(*) FROM runs") == before


def test_a_comparison_of_the_run_alone_shows_its_remedies(ask, tried, sick, tmp_path):
    said = ask("compare", "--runs", str(sick), "--no-png", "--output", str(tmp_path / "page"))
    assert f"tries a remedy of run {sick}" in said


def test_without_a_fault_there_is_nothing_to_try(trainer, select, files, tmp_path):
    options = ("--exp", str(files / "healthy.toml"), *MANY_IMAGES, "--telemetry", "statistics")
    assert trainer("train", *options).status == 0
    outcome = trainer("remedy", "--exp", "well_again", "--output", str(tmp_path / "none"))
    assert outcome.status == 0
    assert outcome.errors[-1] == "There is no fault to try a remedy of."
    assert not (tmp_path / "none").exists()


def test_of_a_watched_model_the_lines_to_change_are_said(trainer, migrated, tmp_path):
    run_id = watched_run(migrated, "theirs", MLP, (2.0, 900.0, 4000.0))
    outcome = trainer("remedy", "--run", str(run_id), "--output", str(tmp_path / "none"))
    assert outcome.status == 0
    said = " ".join(" ".join(outcome.output).split())
    assert said.startswith("Its own program trains it; what to change there")
    assert '1. for group in optimizer.param_groups: group["lr"]' in said
    assert not (tmp_path / "none").exists()


def test_other_images_than_the_runs_are_refused(trainer, migrated, sick, tmp_path):
    owner = engine(migrated)
    with owner.connect() as connection:
        query = f"SELECT dataset_sha256 FROM runs WHERE run_id = {sick}"
        own = connection.exec_driver_sql(query).scalar_one()
    for digest in ("0" * 64, own):
        with owner.begin() as connection:
            other = f"UPDATE runs SET dataset_sha256 = '{digest}' WHERE run_id = {sick}"
            connection.exec_driver_sql(other)
        if digest != own:
            outcome = trainer("remedy", "--run", str(sick), "--output", str(tmp_path / "none"))
    owner.dispose()
    assert outcome.status == 2
    assert "is not the data set that run" in outcome.errors[-1]
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(trainer, sick, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    outcome = trainer("remedy", "--run", str(sick), "--output", str(taken))
    assert outcome.status == 2
    assert "cannot be written" in outcome.errors[-1]


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        ([], ""),
        ([float("nan")], "the loss is no longer finite"),
        ([2.3], ""),
        ([2.3, 2.3], "2 epochs have changed nothing"),
        ([2.3, 2.2], ""),
        ([40.0, 41.0], "the loss is above that of guessing, and does not fall"),
        ([40.0, 20.0], ""),
        ([2.3, 0.4], ""),
    ],
)
def test_a_training_is_given_up_where_it_cannot_come_to_anything(losses, reason):
    assert failure(losses, 2.303) == reason


def test_a_loss_whose_guessing_is_not_known_is_given_up_only_where_it_is_not_finite():
    assert failure([9.0, 9.0, 9.0], None) == ""
