"""A private server is reachable only from this machine: where its process listens, and how."""

import stat
from pathlib import Path

import pytest

from vanishing_gradients.server.private_server import PrivateServer

LISTENING = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1 and ::ffff:127.0.0.1, as /proc/net writes them."""

pytestmark = pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="only Linux tells by /proc/net who listens"
)


@pytest.fixture
def process(private: PrivateServer) -> Path:
    private.start()
    return Path(f"/proc/{private.pid()}")


def sockets(process: Path) -> set[str]:
    """The inodes of all sockets that a process has open."""
    targets = [str(link.readlink()) for link in (process / "fd").iterdir() if link.is_symlink()]
    return {target[8:-1] for target in targets if target.startswith("socket:[")}


def listening(process: Path) -> list[tuple[str, int]]:
    """Address in hexadecimal and port of every TCP socket on which a process listens."""
    own = sockets(process)
    found = []
    for table in ("tcp", "tcp6"):
        path = process / "net" / table
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        for fields in map(str.split, lines):
            if fields[3] == LISTENING and fields[9] in own:
                address, _, port = fields[1].partition(":")
                found.append((address, int(port, 16)))
    return found


def test_the_server_listens_at_one_port_of_loopback_and_nowhere_else(
    process: Path, private: PrivateServer
):
    found = listening(process)
    assert [port for _, port in found] == [private.url("owner").port]
    assert {address for address, _ in found} <= LOOPBACK


def test_the_server_has_no_udp_socket(process: Path):
    own = sockets(process)
    for table in ("udp", "udp6"):
        path = process / "net" / table
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        assert not [line for line in lines if line.split()[9] in own]


def test_its_unix_socket_is_in_a_folder_that_nobody_else_enters(
    process: Path, private: PrivateServer
):
    path = private.folder / "server.sock"
    assert stat.S_ISSOCK(path.stat().st_mode)
    lines = (process / "net/unix").read_text().splitlines()[1:]
    own = sockets(process)
    bound = {line.split()[7] for line in lines if line.split()[6] in own and len(line.split()) > 7}
    assert bound == {str(path)}
    assert stat.S_IMODE(private.folder.stat().st_mode) == 0o700
