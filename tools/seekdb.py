"""Run a command with a fresh seekdb, OceanBase's SQL engine in one process, as TEST_DATABASE_URL.

    python3 tools/seekdb.py COMMAND ...

The server comes from PyPI's pylibseekdb into a temporary folder, and goes with it. It listens on
every address and refuses to start on a machine without a network card, so it gets a network of its
own; tests reach it by its Unix socket. That takes root and `ip`: elsewhere, a sentence says so and
nothing is run.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGE = "pylibseekdb"
SECONDS = 120
"""Seconds for the server to answer."""
NETWORK = (
    "ip link set lo up && ip link add d0 type veth peer name d1 && "
    'ip addr add 192.0.2.1/24 dev d0 && ip link set d0 up && exec "$@"'
)
PARAMETERS = {
    "memory_budget": "3G", "log_disk_size": "4G", "datafile_size": "2G", "datafile_maxsize": "10G",
    "_private_buffer_size": "0B",
}  # fmt: skip
"""By default it would take four fifths of the machine's memory, and keep locks if it is killed."""
PORT = 12881
ROOM = 8 << 30
"""Bytes that have to be free: it allocates its data beforehand."""


class CannotError(Exception):
    """No seekdb can be started here; says why."""


def main(command: list[str]) -> int:
    """Run the command; return its exit status, or 0 where there can be no server."""
    with tempfile.TemporaryDirectory(prefix="seekdb-") as name:
        folder = Path(name)
        try:
            server = start(folder)
        except CannotError as error:
            print(f"seekdb: skipped ({error})", file=sys.stderr)
            return 0
        try:
            environment = os.environ | {"TEST_DATABASE_URL": address(folder)}
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def start(folder: Path) -> subprocess.Popen:
    """Install a server in `folder` and start it; raises CannotError."""
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        raise CannotError("a network of its own takes root, unshare and ip")
    if shutil.disk_usage(folder).free < ROOM:
        raise CannotError(f"{ROOM >> 30} GiB of disk are not free")
    package = install(folder)
    libraries = f"{package}:{package.with_name(f'{PACKAGE}.libs')}"
    parameters = [f"--parameter={name}={value}" for name, value in PARAMETERS.items()]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            ["unshare", "-n", "--", "sh", "-c", NETWORK, "sh", package / "seekdb", "--nodaemon",
             "--port", str(PORT), "--base-dir", folder / "data", *parameters],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=os.environ | {"LD_LIBRARY_PATH": libraries},
        )  # fmt: skip
    until = time.monotonic() + SECONDS
    while not answers(folder):
        if server.poll() is not None or time.monotonic() > until:
            server.kill()
            said = (folder / "server.log").read_text(errors="replace").strip().splitlines()
            raise CannotError(f"it does not start: {(said or ['no reason given'])[-1]}")
        time.sleep(0.2)
    return server


def install(folder: Path) -> Path:
    """Install the package in `folder`, unless it is there, and return its place.

    Raises CannotError.
    """
    package = folder / "packages" / PACKAGE
    if package.exists():
        return package
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]
    done = subprocess.run(
        [*pip, "--target", folder / "packages", PACKAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotError(f"pip cannot install {PACKAGE}")
    return package


def address(folder: Path) -> str:
    """Return the address of the server in `folder`."""
    return f"mysql://root@localhost/?unix_socket={socket_of(folder)}"


def socket_of(folder: Path) -> Path:
    """Return the Unix socket of the server in `folder`."""
    return folder / "data/run/sql.sock"


def answers(folder: Path) -> bool:
    """Return whether the server lets root in."""
    import pymysql

    path = str(socket_of(folder))
    with socket.socket(socket.AF_UNIX) as tried:  # PyMySQL leaves open one that nobody answers at
        if tried.connect_ex(path):
            return False
    try:
        pymysql.connect(unix_socket=path, user="root").close()
    except pymysql.MySQLError:
        return False
    return True


if __name__ == "__main__":
    # Ctrl-C reaches the command as well, which ends by itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
