"""The settings of a private server: durable, on loopback only, and sized for loading gradients on
this machine."""

import os
from dataclasses import dataclass
from pathlib import Path

from vanishing_gradients.server.programs import Program
from vanishing_gradients.sql.accounts import COLLATION

MIB = 1024**2


@dataclass(frozen=True)
class Size:
    """The size of the server's page cache and of its redo log, in bytes."""

    buffer_pool: int
    redo_log: int


def machine_size() -> Size:
    """Return the size that suits this machine: a sixth of its memory, from 256 MiB to 2 GiB.

    The redo log is large because of bulk loading: a small one forces pages out again and again.
    """
    sixth = _memory() // 6 // MIB * MIB
    return Size(buffer_pool=max(256 * MIB, min(2048 * MIB, sixth)), redo_log=2048 * MIB)


def render(program: Program, folder: Path, data: Path, port: int, size: Size) -> str:
    """Return the option file of a server in `folder` with its data in `data`.

    Three settings keep the servers' defaults, which suit us: innodb_flush_method (O_DIRECT if the
    file system supports it, on MySQL 8.4 and MariaDB 10.11 alike), innodb_file_per_table, and name
    resolution of loopback.
    """
    settings: dict[str, object] = {
        **program.folders(),
        "datadir": data,
        "tmpdir": folder / "tmp",  # /tmp is often in memory; a big sort does not fit there
        "pid-file": folder / "server.pid",
        "log-error": folder / "server.log",
        "bind-address": "127.0.0.1",
        "port": port,
        "socket": socket_path(folder) or "server.sock",
        "character-set-server": "utf8mb4",
        "collation-server": COLLATION,
        "local-infile": "ON",
        "max-allowed-packet": "64M",
        "performance-schema": "OFF",
        "innodb-flush-log-at-trx-commit": 1,
        "innodb-doublewrite": "ON",
        "innodb-buffer-pool-size": size.buffer_pool,
        "innodb-log-buffer-size": "64M",
    }
    if os.geteuid() == 0:
        settings["user"] = "root"  # by default both servers refuse to run as root
    # No TLS: nothing leaves this machine, and encrypting gigabytes of digits costs CPU time that
    # loading needs.
    if program.flavour == "mysql":
        settings |= {
            "innodb-redo-log-capacity": size.redo_log,
            "mysqlx": "OFF",
            "tls-version": "",
            "auto-generate-certs": "OFF",
            "secure-file-priv": "NULL",
        }
    else:
        settings |= {"innodb-log-file-size": size.redo_log, "ssl": "OFF"}
    lines = [f"{name}={_value(value)}" for name, value in settings.items()]
    return "\n".join(["[mysqld]", "skip-log-bin", *lines, ""])


def socket_path(folder: Path) -> Path | None:
    """Return the path of the server's Unix socket; None if it exceeds the kernel's 107 bytes."""
    path = folder / "server.sock"
    return path if len(os.fsencode(path)) <= 107 else None


def _value(value: object) -> str:
    if isinstance(value, Path):  # quoted: a path may hold spaces and the comment sign
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


def _memory() -> int:
    """Return the memory of this machine, or of the current container, in bytes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists():
        text = limit.read_text().strip()
        if text.isdigit():
            memory = min(memory, int(text))
    return memory
