"""Loopback, where our servers listen: free ports, and the addresses of accounts."""

import socket
from pathlib import Path

from sqlalchemy import URL

from vanishing_gradients.sql import accounts, address

HOST = "127.0.0.1"


def account_url(passwords: Path, role: str, port: int, database: str = accounts.DATABASE) -> URL:
    """Return the address of `database` for an account whose password is in the file `passwords`."""
    password = accounts.load_passwords(passwords)[role]
    return URL.create(address.DRIVER, role, password, HOST, port, database)


def is_free(port: int) -> bool:
    """Return whether a server could listen on `port` of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself will
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
