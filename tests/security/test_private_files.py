"""Files with passwords belong to their owner only, whatever was there before, with any umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import SMALL, as_nobody
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.errors import ServerError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def no_mask() -> Iterator[None]:
    """A umask that removes no permission."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("no_mask")
def test_a_file_of_passwords_is_its_owners_alone_whatever_the_umask(tmp_path: Path):
    path = tmp_path / "new" / "accounts.json"
    accounts.keep_passwords(path, ("root", "owner"))
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_a_file_that_anybody_could_read_is_replaced_by_one_that_nobody_else_can(tmp_path: Path):
    path = tmp_path / "accounts.json"
    path.write_text("{}")
    path.chmod(0o666)
    with path.open() as opened_before:
        passwords = accounts.keep_passwords(path, ("owner",))
        assert opened_before.read() == "{}"
    assert mode(path) == 0o600
    assert passwords["owner"] in path.read_text()


def test_a_link_in_the_way_is_not_followed(tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("{}")
    victim.chmod(0o644)
    (tmp_path / "accounts.json.part").symlink_to(victim)
    (tmp_path / "accounts.json").symlink_to(victim)
    accounts.keep_passwords(tmp_path / "accounts.json", ("owner",))
    assert victim.read_text() == "{}"
    assert not (tmp_path / "accounts.json").is_symlink()
    assert mode(tmp_path / "accounts.json") == 0o600


def test_no_part_of_a_file_is_left_beside_it(tmp_path: Path):
    accounts.keep_passwords(tmp_path / "accounts.json", ("owner",))
    assert [path.name for path in tmp_path.iterdir()] == ["accounts.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"owner": 1}', b'"the-secret"']
)
def test_a_damaged_file_of_passwords_is_one_sentence_that_repeats_nothing_of_it(
    tmp_path: Path, content: bytes
):
    path = tmp_path / "accounts.json"
    path.write_bytes(content)
    with pytest.raises(ServerError, match="restore it, or delete it and run `make up`") as caught:
        accounts.keep_passwords(path, ("owner",))
    assert "the-secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert path.read_bytes() == content


def test_passwords_are_long_and_never_the_same():
    made = {accounts.new_password() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 32


@pytest.fixture(scope="module")
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    """A running server in an existing folder that everybody may enter."""
    folder = tmp_path_factory.mktemp("open") / "server"
    folder.mkdir(mode=0o755)
    before = os.umask(0o022)
    made = PrivateServer(folder, packages=lifecycle.folder(), size=SMALL)
    try:
        made.start()
        yield made
    finally:
        os.umask(before)
        made.stop()


def test_in_a_folder_that_all_may_enter_nobody_else_reads_passwords_or_data(
    open_folder: PrivateServer,
):
    open_to_all = [
        path
        for path in open_folder.folder.rglob("*")
        if path.is_file() and mode(path) & 0o004 and reachable(path, open_folder.folder)
    ]
    names = {path.relative_to(open_folder.folder).parts[0] for path in open_to_all}
    assert "data" not in names
    assert "accounts.json" not in names
    passwords = accounts.load_passwords(open_folder.passwords).values()
    for path in open_to_all:
        assert not [word for word in passwords if word.encode() in path.read_bytes()]


def reachable(path: Path, top: Path) -> bool:
    """Whether other users may enter all folders between `top` and a file in it."""
    between = [parent for parent in path.parents if parent.is_relative_to(top) and parent != top]
    return all(mode(parent) & 0o001 for parent in between)


def test_the_files_of_the_own_servers_folder_are_out_of_reach_of_others(private: PrivateServer):
    private.start()
    with as_nobody():
        if os.geteuid() == 0:
            pytest.skip("this user cannot become another")
        with pytest.raises(PermissionError):
            private.passwords.read_text()
