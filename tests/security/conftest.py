"""Servers for the tests of attacks."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import URL

from tests.security.certificates import Authority
from tests.server.conftest import SMALL, private  # noqa: F401 (a fixture)
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.server.programs import Program
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connected


@dataclass(frozen=True)
class TlsServer:
    """The address of a server that offers TLS, and the file of the authority that signed it."""

    url: URL
    authority: Path

    def asked(self, **query: str) -> URL:
        """Return the address with these options."""
        return self.url.update_query_dict(query)


class EncryptedServer(PrivateServer):
    """A private server with a certificate, which our own servers do not have."""

    certificate: tuple[Path, Path]

    def _configure(self, program: Program, data: Path, port: int) -> None:
        super()._configure(program, data, port)
        turned_on = "tls-version=TLSv1.2,TLSv1.3" if program.flavour == "mysql" else "ssl=ON"
        cert, key = self.certificate
        with self.option_file.open("a") as file:
            file.write(f"{turned_on}\nssl-cert={cert}\nssl-key={key}\n")


@pytest.fixture(scope="session")
def own_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    """A private server with a certificate for 127.0.0.1 only, by its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder, "authority")
    made = EncryptedServer(folder / "server", packages=lifecycle.folder(), size=SMALL)
    made.certificate = authority.server("127.0.0.1")
    made.start()
    yield TlsServer(made.url("owner"), authority.path)
    made.stop()


@pytest.fixture(scope="session")
def tls(server_url: URL, request: pytest.FixtureRequest) -> TlsServer:
    """The common test server if it offers TLS and its authority is known, else our own one.

    TEST_SSL_CA names the authority's file if the server's data folder is not readable.
    """
    url = address.without_database(server_url)
    with connected(url) as session:
        cursor = session.cursor()
        cursor.execute("SELECT @@datadir")
        folder = Path(cursor.fetchone()[0])
    authority = Path(os.environ.get("TEST_SSL_CA") or folder / "ca.pem")
    try:
        pymysql.connect(
            host=url.host, port=url.port, user=url.username, password=url.password or "",
            ssl={"ca": os.fspath(authority), "check_hostname": False}
        ).close()  # fmt: skip
    except (pymysql.err.MySQLError, OSError):
        return request.getfixturevalue("own_tls")
    return TlsServer(url, authority)
