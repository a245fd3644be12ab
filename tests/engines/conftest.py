"""The server under test, and a private MariaDB or MySQL next to it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.conftest import SMALL
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.brands import Brand
from vanishing_gradients.sql.connection import connected


@pytest.fixture(scope="session", autouse=True)
def oceanbase(server_brand: Brand) -> None:
    """These tests are of one brand."""
    if server_brand.flavour != "oceanbase":
        pytest.skip(f"{server_brand} is not of OceanBase's kind: `make test-seekdb`")


@pytest.fixture(scope="session")
def other_url() -> Iterator[URL]:
    """The address of an empty database on a private server, of the brand that packages have."""
    with tempfile.TemporaryDirectory(prefix="gradients-test-") as folder:
        private = PrivateServer(
            Path(folder), packages=lifecycle.folder(), size=SMALL, say=lambda line: None
        )
        private.start()
        url = private.url(accounts.ROOT).set(database="gradients_test_other")
        with connected(address.without_database(url)) as session:
            session.cursor().execute(accounts.create_database(url.database))
        yield url
        private.stop()
