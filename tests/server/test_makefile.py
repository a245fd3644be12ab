"""The menu: its entries exist, and what the user types reaches the command unchanged."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMMAND = ["-m", "vanishing_gradients"]

# Records DATABASE_URL and its arguments, each ended by a null byte, and ends the call with a \1.
RECORDER = """\
#!/bin/sh
printf '%s\\0' "$DATABASE_URL" "$@" >>"$CALLS"
printf '\\1' >>"$CALLS"
"""


@dataclass
class Call:
    """The input of one command of a recipe."""

    database_url: str
    arguments: list[str]


AWKWARD = [
    "two words",
    "it's",
    'say "so"',
    "a;touch intruder",
    "$(touch intruder)",
    "`touch intruder`",
    "$HOME",
    "a|b&c>d<e",
    "*",
    "--epochs=1",
    "back\\slash",
    "#hash",
]


@pytest.fixture
def make(tmp_path: Path):
    """Run make with a recorder in place of .venv's Python; returns the calls and the result."""
    recorder = tmp_path / "python"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)

    def run(*arguments: str, **environment: str):
        calls = tmp_path / "calls"
        calls.unlink(missing_ok=True)
        clean = {n: v for n, v in os.environ.items() if n in ("PATH", "HOME")}
        done = subprocess.run(
            # The environment is complete here: the tests run in it.
            ["make", "-o", ".venv/requirements.sha256", f"RUN_PYTHON={recorder}", *arguments],
            cwd=ROOT,
            env=clean | {"CALLS": str(calls)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        records = calls.read_text().split("\1")[:-1] if calls.exists() else []
        fields = [record.split("\0")[:-1] for record in records]
        return [Call(url, arguments) for url, *arguments in fields], done

    return run


def test_bare_make_lists_every_target_with_one_line():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make ([a-z-]+) +\S", done.stdout, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert sorted([*listed, "help"]) == sorted(phony.split())
    assert max(map(len, done.stdout.splitlines())) <= 120


@pytest.mark.parametrize("value", AWKWARD)
def test_a_value_on_the_command_line_reaches_the_trainer_as_typed(make, value: str):
    calls, done = make("train", f"EXP={value}")
    assert done.returncode == 0, done.stderr
    assert calls[-1].arguments == [*COMMAND, "train", f"--exp={value}"]
    assert not (ROOT / "intruder").exists()


@pytest.mark.parametrize("value", AWKWARD)
def test_a_value_in_the_environment_reaches_the_trainer_as_it_is(make, value: str):
    calls, _ = make("train", EXP=value)
    assert calls[-1].arguments == [*COMMAND, "train", f"--exp={value}"]


def test_an_address_keeps_its_dollars(make):
    url = "mysql://me:a$b$$c@host/db"
    assert make("up", f"DATABASE_URL={url}")[0][0].database_url == url
    assert make("up", DATABASE_URL=url)[0][0].database_url == url


def test_training_comes_after_the_server_and_its_migrations(make):
    calls, _ = make("train")
    assert [call.arguments for call in calls] == [[*COMMAND, "up"], [*COMMAND, "train"]]


def test_every_variable_becomes_the_option_of_its_name(make):
    values = {
        "EXP": "relu_sgd",
        "DATASET": "sample",
        "EPOCHS": "2",
        "SEED": "0",
        "SEEDS": "3",
        "PRECISION": "single",
        "LIMIT": "640",
        "TELEMETRY": "statistics",
        "RECORD_EVERY": "4",
        "DATA_DIR": "/some/where",
        "SCHEDULER": "tcp://host:8786",
    }
    calls, _ = make("train", "SERVER=local", *(f"{n}={v}" for n, v in values.items()))
    options = {f"--{name.lower().replace('_', '-')}={value}" for name, value in values.items()}
    assert set(calls[-1].arguments[3:]) == options
    assert calls[0].arguments == [*COMMAND, "up", "--server=local"]


def test_the_gallery_is_trained_and_drawn_by_one_command(make):
    values = {
        "DATASET": "sample",
        "EPOCHS": "2",
        "SEED": "4",
        "SEEDS": "3",
        "PRECISION": "single",
        "LIMIT": "640",
        "DATA_DIR": "/some/where",
        "SCHEDULER": "tcp://host:8786",
    }
    calls, _ = make("gallery", *(f"{n}={v}" for n, v in values.items()))
    assert calls[-1].arguments[:3] == [*COMMAND, "gallery"]
    options = {f"--{name.lower().replace('_', '-')}={value}" for name, value in values.items()}
    assert set(calls[-1].arguments[3:]) == options


def test_listing_and_writing_experiments_needs_no_server(make):
    assert [call.arguments for call in make("experiments")[0]] == [[*COMMAND, "experiments"]]
    (call,) = make("new", "EXP=mine")[0]
    assert call.arguments == [*COMMAND, "new", "--exp=mine"]


def test_writing_a_view_needs_no_server(make):
    (call,) = make("view", "NAME=how_large")[0]
    assert call.arguments == [*COMMAND, "view", "--name=how_large"]


def test_figures_can_be_of_one_run_or_one_experiment(make):
    calls, _ = make("figures", "RUN=12", "EXP=relu_sgd")
    assert calls[-1].arguments == [*COMMAND, "figures", "--run=12", "--exp=relu_sgd"]


@pytest.mark.parametrize(("yes", "options"), [("1", ["--yes"]), ("0", []), ("", [])])
def test_a_run_is_dropped_without_asking_where_yes_says_so(make, yes, options):
    calls, _ = make("drop", "RUN=7", f"YES={yes}")
    assert calls[-1].arguments == [*COMMAND, "drop", "--run=7", *options]


def test_the_benchmark_takes_its_size_from_variables(make):
    calls, _ = make("bench", "EPOCHS=1", "PRECISION=single", "DATASET=sample", "DATA_DIR=/where")
    assert calls[-1].arguments == [
        "-m", "bench", "--epochs=1", "--precision=single", "--dataset=sample", "--data-dir=/where",
    ]  # fmt: skip


def test_a_training_step_is_measured_without_a_server(make):
    calls, _ = make("bench", "PART=step")
    assert [call.arguments for call in calls] == [["-m", "bench", "--part=step"]]


def test_a_command_that_fails_fails_make(make, tmp_path: Path):
    (tmp_path / "python").write_text("#!/bin/sh\nexit 2\n")
    assert make("train")[1].returncode == 2


def test_url_prints_the_result_of_its_command_alone(make, tmp_path: Path):
    (tmp_path / "python").write_text("#!/bin/sh\necho said by $2 $3\n")
    assert make("url")[1].stdout == "said by vanishing_gradients url\n"


@pytest.mark.parametrize("value", ["3,7,9", "relu_sgd,7", "3, 7", "$(touch intruder)"])
def test_runs_to_compare_reach_the_command_as_typed(make, value: str):
    calls, _ = make("compare", f"RUNS={value}")
    assert calls[-1].arguments == [*COMMAND, "compare", f"--runs={value}"]
    assert not (ROOT / "intruder").exists()


@pytest.mark.parametrize(
    ("given", "meant"),
    [("exp", "EXP"), ("EXPERIMENT", "EXP"), ("epoch", "EPOCHS"), ("Record-Every", "RECORD_EVERY"),
     ("LIMITS", "LIMIT"), ("data_set", "DATASET"), ("SERVERDIR", "SERVER_DIR")],
)  # fmt: skip
def test_a_variable_that_nobody_knows_is_refused_with_the_nearest_known_one(make, given, meant):
    calls, done = make("train", f"{given}=relu_sgd")
    assert (calls, done.returncode, done.stdout) == ([], 2, "")
    assert re.fullmatch(
        rf"Makefile:\d+: \*\*\* There is no variable {given}: did you mean {meant}\.  Stop\.\n",
        done.stderr,
    )


@pytest.mark.parametrize("given", ["zzz", "a;touch", "it's", "batch_size"])
def test_of_a_name_that_is_near_none_all_are_listed(make, given):
    calls, done = make("train", f"{given}=64")
    assert (calls, done.returncode) == ([], 2)
    assert done.stderr.count("\n") == 1
    assert f"There is no variable {given.split()[0]}: known are EXP, DATASET" in done.stderr
    assert not (ROOT / "intruder").exists()


def test_a_variable_is_refused_where_nothing_is_installed_not_even_python(make):
    calls, done = make("train", "exp=relu_sgd", "PYTHON=/nowhere/python")
    assert (calls, done.returncode) == ([], 2)
    assert "There is no variable exp" in done.stderr


def test_what_make_itself_and_every_target_read_is_known(make):
    calls, done = make("train", "PYTHON=python3", "VENV=.venv", "SHELL=/bin/sh", "MAKE=make")
    assert (len(calls), done.returncode) == (2, 0)
    assert "does not read" not in done.stderr


def test_the_environment_may_hold_any_name(make):
    calls, done = make("train", exp="relu_sgd", LIMITS="4", RUNS="3")
    assert (len(calls), done.returncode, done.stderr) == (2, 0, "")


@pytest.mark.parametrize(
    ("target", "given", "reads"),
    [
        ("figures", "LIMIT=100", "EXP, OUTPUT, RUN, SERVER"),
        ("figures", "RUNS=3", "EXP, OUTPUT, RUN, SERVER"),
        ("compare", "RUN=3", "OUTPUT, RUNS, SERVER"),
        ("experiments", "EXP=all", "none of its kind"),
        (
            "gallery",
            "EXP=all",
            "DATASET, DATA_DIR, EPOCHS, LIMIT, OUTPUT, PRECISION, SCHEDULER, SEED, SEEDS, SERVER",
        ),
        ("drop", "EXP=all", "KEEP, RUN, SERVER, YES"),
    ],
)
def test_a_variable_that_the_target_does_not_read_is_said_to_change_nothing(
    make, target, given, reads
):
    calls, done = make(target, given)
    assert calls
    assert done.returncode == 0
    name = given.partition("=")[0]
    line = f"make {target} does not read {name}, which changes nothing here: it reads {reads}."
    assert done.stderr == f"{line}\n"


@pytest.mark.parametrize(
    "command",
    ["up train EXP=relu_sgd", "train DATABASE_URL=mysql://a:b@c/d", "up MYSQL_PORT=4000",
     "url ROLE=owner FORMAT=sqlalchemy", "bench PART=step", "drop RUN=1 YES=1"],
)  # fmt: skip
def test_nothing_is_said_of_what_is_read(make, command):
    assert make(*command.split())[1].stderr == ""
