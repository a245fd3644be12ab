"""The wheel in another project's environment: it is complete, and disturbs nothing."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from sqlalchemy import URL

from tests.architecture.source import AT_THE_ROOT, PACKAGE, ROOMS
from tests.installation.conftest import ROOT, THEIRS, Installation

DATA = {".sql", ".toml", ".html", ".css", ".csv", ".j2", ".gz", ".mako"}
TOML = """
name = "theirs"
activation = "relu"
hidden_widths = [6]
batch_size = 64
epochs = 1
optimizer.kind = "sgd"
"""
IMPORT_THEIRS = f"""
import {", ".join(THEIRS)}, sql
import vanishing_gradients.server.docker_engine as ours
import vanishing_gradients.trainer.cli, vanishing_gradients.analysis.cli
import vanishing_gradients.migrations.cli
print({{module.WHOSE for module in ({", ".join(THEIRS)}, sql)}}, ours.COMPOSE_FILE.exists())
print(ours.__file__)
"""


def in_wheel(installation: Installation) -> set[str]:
    with zipfile.ZipFile(installation.wheel) as archive:
        return {name for name in archive.namelist() if name.startswith(f"{PACKAGE}/")}


def folders_of_the_rooms() -> set[Path]:
    """All folders with a file in them, of Python or of data."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    return {path.parent for path in files if path.parent.name != "__pycache__"}


def test_every_folder_of_every_room_is_listed_as_a_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = [path.relative_to(ROOT) for path in folders_of_the_rooms()]
    names = [PACKAGE, *(".".join((PACKAGE, *folder.parts)) for folder in folders)]
    assert settings["packages"] == sorted(names)


def test_the_wheel_has_every_file_of_code_and_data(installation: Installation):
    wanted = {
        f"{PACKAGE}/{path.relative_to(ROOT).as_posix()}"
        for folder in folders_of_the_rooms()
        for path in folder.iterdir()
        if path.suffix in DATA | {".py"}
    }
    assert len(wanted) > 200
    assert wanted - in_wheel(installation) == set()


def test_of_the_repositorys_own_folder_it_has_the_modules_and_docker_compose_alone(installation):
    found = {name for name in in_wheel(installation) if name.count("/") == 1}
    assert found == {f"{PACKAGE}/{name}" for name in (*AT_THE_ROOT, "docker-compose.yml")}


def test_the_licence_is_told_where_wheels_tell_it(installation: Installation):
    with zipfile.ZipFile(installation.wheel) as archive:
        assert [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]


def test_modules_of_somebodys_own_stay_theirs(installation: Installation):
    done = installation.run(sys.executable, "-c", IMPORT_THEIRS)
    assert done.returncode == 0, done.stderr
    told, ours = done.stdout.splitlines()
    assert told == "{'theirs'} True"
    assert Path(ours).is_relative_to(installation.packages)


def test_a_command_in_somebodys_folder_is_ours(installation: Installation):
    module = installation.run(sys.executable, "-m", "vanishing_gradients", "experiments")
    console = installation.command("experiments")
    assert module.returncode == console.returncode == 0, module.stderr
    assert module.stdout == console.stdout
    assert "sigmoid_sgd" in console.stdout


def test_a_sweep_and_its_comparison_work_in_somebodys_folder(
    installation: Installation, module_database: URL
):
    """Runs of a sweep are separate processes; the page goes into the current folder."""
    (installation.project / "theirs.toml").write_text(TOML)
    text = module_database.render_as_string(hide_password=False)
    for arguments in (
        ["up"],
        ["train", "--exp=theirs.toml", "--dataset=sample", "--limit=128", "--seeds=2",
         "--telemetry=statistics"],
        ["compare", "--runs=1,2", "--no-png"],
    ):  # fmt: skip
        done = installation.command(*arguments, DATABASE_URL=text, READER_DATABASE_URL=text)
        assert done.returncode == 0, done.stderr
    assert (installation.project / "compare" / "index.html").exists()


def test_a_sentence_names_the_command_that_a_wheel_has(installation: Installation):
    done = installation.command("url")
    assert done.returncode == 2
    assert done.stderr == (
        "Error: No server has been set up yet: run `vanishing-gradients up`, or set DATABASE_URL\n"
    )


def test_nothing_is_written_beside_the_code(installation: Installation):
    program = "from vanishing_gradients.server.lifecycle import folder; print(folder())"
    data = installation.project / "data"
    home = installation.run(sys.executable, "-P", "-c", program)
    assert home.stdout.strip() == f"{installation.project}/home/.local/share/vanishing-gradients"
    named = installation.run(sys.executable, "-P", "-c", program, XDG_DATA_HOME=str(data))
    assert named.stdout.strip() == f"{data}/vanishing-gradients"
    own = installation.run(sys.executable, "-P", "-c", program, SERVER_DIR=str(data))
    assert own.stdout.strip() == str(data)


def test_a_checkout_keeps_its_server_in_its_own_folder():
    program = "from vanishing_gradients.server.lifecycle import folder; print(folder())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd="/", env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(ROOT / ".server")
