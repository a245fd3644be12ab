"""`experiments` and `new`: the list of experiments, and the file of your own experiment."""

import re

from vanishing_gradients.trainer.experiments import load, names, topics


def test_the_list_has_the_papers_four_first_then_the_gallery_by_topic_then_the_rest(trainer):
    outcome = trainer("experiments")
    assert (outcome.status, outcome.errors) == (0, [])
    listed = [line.split()[0] for line in outcome.output if line.startswith("    ")]
    assert listed == [
        name
        for group in ("paper", "gallery", "controls", "healthy", "sick")
        for name in names(group)
    ]
    titles = [line.strip() for line in outcome.output if re.match("  [a-z]", line)]
    assert titles == list(topics("gallery"))


def test_every_experiment_has_one_line_with_its_description(trainer):
    lines = trainer("experiments").output
    for name in (*names("paper"), "best_50", "sick_slow"):
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert line.endswith(f"  {load(name).description}")


def test_a_new_experiment_is_written_where_one_is_and_can_be_trained(
    trainer, select, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    outcome = trainer("new", "--exp", "my_net")
    assert outcome.status == 0
    assert outcome.output == [
        "my_net.toml is written: change what you like, then `make train EXP=my_net.toml`."
    ]
    trained = trainer(
        "train", "--exp", "my_net.toml", "--dataset", "sample", "--limit", "64", "--epochs", "1",
        "--telemetry", "statistics",
    )  # fmt: skip
    assert trained.status == 0
    found = select("SELECT status FROM runs WHERE experiment = 'my_net'")
    assert found == [("finished",)]


def test_a_file_that_is_there_stays(trainer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("mine")
    outcome = trainer("new", "--exp", "mine")
    assert outcome.status == 2
    assert outcome.errors == [
        "Error: There is a file mine.toml already, and it stays as it is: choose another name, or "
        "move the file"
    ]
    assert (tmp_path / "mine.toml").read_text() == "mine"


def test_a_bad_name_and_none_are_refused(trainer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert trainer("new", "--exp", "My Net").errors[0].startswith("Error: 'My Net' cannot name an ")
    assert trainer("new").errors == [
        "Error: What should it be called? Use `make new EXP=my_network`."
    ]
    assert not list(tmp_path.iterdir())


def test_the_data_set_of_the_file_is_used_where_none_is_given(trainer, select, experiment):
    path = experiment(1, "on_its_own")
    with open(path, "r+", encoding="utf-8") as file:
        content = file.read()
        file.seek(0)
        file.write(f'dataset = "sample"\n{content}')
    options = ("--exp", path, "--limit", "64", "--telemetry", "statistics")
    assert trainer("train", *options).status == 0
    (row,) = select("SELECT dataset, config FROM runs WHERE experiment = 'on_its_own'")
    assert row[0] == "sample"
    assert '"dataset": "sample"' in row[1]


def test_the_data_set_of_the_command_line_goes_before_that_of_the_file(trainer, select, experiment):
    path = experiment(1, "elsewhere")
    with open(path, "r+", encoding="utf-8") as file:
        content = file.read()
        file.seek(0)
        file.write(f'dataset = "mnist"\n{content}')
    options = ("--exp", path, "--limit", "64", "--telemetry", "statistics", "--dataset", "sample")
    assert trainer("train", *options).status == 0
    assert select("SELECT dataset FROM runs WHERE experiment = 'elsewhere'") == [("sample",)]


def test_a_warm_up_that_the_run_is_too_short_for_is_refused(trainer, experiment, select):
    path = experiment(4, "hurried")
    with open(path, "a", encoding="utf-8") as file:
        file.write("schedule = { kind = 'constant', warm_up = 5 }\n")
    options = ("--exp", path, "--dataset", "sample", "--limit", "64")
    outcome = trainer("train", *options)
    assert outcome.status == 2
    assert outcome.errors[-1] == (
        "Error: Experiment hurried warms up for 5 steps, but the run has only 4: give it "
        "more epochs, or a shorter warm_up"
    )
    assert select("SELECT COUNT(*) FROM runs WHERE experiment = 'hurried'") == [(0,)]
