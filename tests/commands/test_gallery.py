"""`gallery`, and `train` with the name of a group of experiments."""

import pytest

from vanishing_gradients.trainer import experiments

GROUPS = {
    "paper": ["sigmoid_sgd"],
    "gallery": ["sigmoid_sgd_xavier"],
    "sick": ["sick_slow"],
    "healthy": ["healthy_tanh"],
}
SMALL = ("--dataset", "sample", "--limit", "128", "--epochs", "1")


@pytest.fixture(autouse=True)
def fewer(monkeypatch):
    """Groups of one experiment, since all of them take minutes."""
    monkeypatch.setattr(experiments, "names", GROUPS.get)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The page goes into the current folder."""
    monkeypatch.chdir(tmp_path)


def runs(select) -> set[tuple]:
    return set(select("SELECT experiment, seed, telemetry, status, epochs FROM runs"))


def test_the_gallery_is_a_sweep_of_statistics_with_the_paper_for_comparison(
    trainer, select, tmp_path
):
    outcome = trainer("gallery", *SMALL, "--seeds", "2")
    assert outcome.status == 0
    assert "Sweep: 4 runs on sample, statistics alone; " in "".join(outcome.errors)
    assert runs(select) >= {
        (name, seed, "statistics", "finished", 1)
        for name in (*GROUPS["paper"], *GROUPS["gallery"])
        for seed in (1, 2)
    }
    assert (tmp_path / "gallery" / "index.html").exists()
    again = trainer("gallery", *SMALL, "--seeds", "2")
    assert "Sweep: 4 runs on sample, statistics alone, 4 of them finished already." in again.errors


@pytest.mark.parametrize("group", ["gallery", "healthy", "sick"])
def test_the_name_of_a_group_trains_all_of_it(trainer, select, group):
    outcome = trainer("train", "--exp", group, *SMALL, "--seed", "7", "--telemetry", "statistics")
    assert outcome.status == 0
    assert {name for name, seed, *_ in runs(select) if seed == 7} >= set(GROUPS[group])


def test_seeds_beyond_the_largest_are_refused(trainer):
    outcome = trainer("gallery", "--seed", str(2**63 - 1), "--seeds", "2")
    assert outcome.status == 2
    assert outcome.errors[-1].startswith("Error: SEED and SEEDS go beyond the largest seed")


def test_a_run_too_short_for_a_warm_up_is_refused_before_any_other_is_made(
    trainer, select, monkeypatch
):
    short = GROUPS | {"gallery": ["sigmoid_sgd_uniform", "best_50"]}
    monkeypatch.setattr(experiments, "names", short.get)
    outcome = trainer("gallery", *SMALL)
    assert outcome.status == 2
    assert outcome.errors[-1].startswith(
        "Error: Experiment best_50 warms up for 50 steps, but the run has "
    )
    assert "sigmoid_sgd_uniform" not in {name for name, *_ in runs(select)}
