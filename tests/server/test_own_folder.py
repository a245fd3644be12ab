"""In a folder that holds other things, only what we created is deleted."""

import shutil
from pathlib import Path

import pytest

from tests.server.conftest import SMALL
from tests.server.docker_stand_in import StandIn
from vanishing_gradients import installation
from vanishing_gradients.server import lifecycle, own_folder
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.errors import ServerError


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_addresses: None, no_others: None
) -> Path:
    """SERVER_DIR, a folder with a file of the user's; Docker is a stand-in."""
    packages = lifecycle.folder()
    made = tmp_path / "mine"
    made.mkdir()
    (made / "note.txt").write_text("a note")
    monkeypatch.setenv("SERVER_DIR", str(made))

    def private(folder: Path, **more) -> PrivateServer:
        return PrivateServer(folder, packages=packages, size=SMALL, **more)

    monkeypatch.setattr(lifecycle, "PrivateServer", private)
    StandIn(tmp_path / "docker", monkeypatch)
    yield made
    private(made).stop()


def contents(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_what_others_have_in_the_folder_stays_and_it_is_said(folder, told):
    lifecycle.start("local")
    (folder / "later").mkdir()
    (folder / "later/results.csv").write_text("1")
    lifecycle.stop(told.append, delete=True)
    assert contents(folder) == {"note.txt", "later", "later/results.csv"}
    assert told == [
        "The private server is stopped.",
        f"Deleted from {folder}: the private server's data, programs and passwords.",
        f"Left in {folder}, since it was not created here: later, note.txt.",
    ]


@pytest.mark.parametrize("name", ["data", "root", "tmp", "data.part", "chosen.json", "server.log"])
@pytest.mark.parametrize("kind", ["local", "docker"])
def test_a_folder_in_which_others_have_one_of_our_names_is_refused(folder, name, kind):
    (folder / name).mkdir()
    (folder / name / "theirs").write_text("theirs")
    before = contents(folder)
    with pytest.raises(ServerError, match=f"holds {name}, which was not created here: set"):
        lifecycle.start(kind)
    assert contents(folder) == before


def test_nothing_is_touched_of_a_folder_in_which_nothing_was_made(folder, told):
    for name in ("data", "server.pid", "lock"):
        (folder / name).write_text("17")
    before = contents(folder)
    lifecycle.stop(told.append, delete=True)
    assert contents(folder) == before
    assert told == [
        "No server was running.",
        f"{folder} holds nothing that was created here: left as it is.",
    ]


def test_a_folder_around_this_project_is_refused(folder, monkeypatch):
    monkeypatch.setenv("SERVER_DIR", str(installation.ROOT))
    with pytest.raises(ServerError, match=r"holds .*, which was not created here"):
        lifecycle.start("local")


def test_a_folder_that_an_older_version_made_is_ours(folder):
    accounts.remember(folder / "chosen.json", kind="docker")
    accounts.keep_passwords(folder / "docker.json")
    (folder / "tmp").mkdir()
    own_folder.check(folder)
    own_folder.remove(folder)
    assert contents(folder) == {"note.txt"}


def test_data_that_are_no_servers_stay_though_the_folder_is_ours(folder):
    own_folder.claim(folder)
    for name in ("data", "root"):
        (folder / name).mkdir()
    (left,) = own_folder.remove(folder)
    assert left.endswith("since it was not created here: data, note.txt, root.")


def test_a_folder_with_nothing_else_goes_whole(folder, told):
    (folder / "note.txt").unlink()
    lifecycle.start("local")
    lifecycle.stop(told.append, delete=True)
    assert not folder.exists()


def test_a_server_in_another_folder_is_named(folder, told, monkeypatch, tmp_path):
    lifecycle.start("local")
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "other"))
    lifecycle.stop(told.append)
    assert told[0] == "No server was running."
    named = f"A private server of this checkout runs in {folder}, which SERVER_DIR={folder} stops."
    assert named in told


def test_without_a_folder_named_servers_in_all_folders_are_stopped(folder, told, monkeypatch):
    """Those of this checkout, whose own folder is a different one here."""
    lifecycle.start("local")
    monkeypatch.delenv("SERVER_DIR")
    monkeypatch.setattr(own_folder, "default", lambda: folder.with_name("default"))
    lifecycle.stop(told.append, delete=True)
    assert told == [
        f"The private server in {folder} is stopped.",
        f"Deleted from {folder}: the private server's data, programs and passwords.",
        f"Left in {folder}, since it was not created here: note.txt.",
    ]


def test_what_a_server_leaves_in_its_folder_has_a_name_that_is_known(folder):
    (folder / "note.txt").unlink()
    lifecycle.start("local")
    lifecycle.stop()
    shutil.rmtree(folder / "data")
    assert {path.name for path in folder.iterdir()} <= own_folder.NAMES
