"""The real server that every test uses, and fresh databases on it.

`pytest -n 2 --dist loadfile` runs files in parallel. The main process starts the server, for all of
its workers; each test and each module has its own database. Files run in their own order
(`--no-loadscope-reorder`): otherwise those with few long tests would come last, one at a time.
"""

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from weakref import WeakSet

import pytest
from hypothesis import settings
from sqlalchemy import URL, Pool, event, make_url

from tests.leftovers import Watcher, limit, removed
from tests.schema import Schema
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.server.settings import MIB, Size
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.brands import Brand
from vanishing_gradients.sql.connection import Session, connected
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.sql.names import quoted

SERVER = pytest.StashKey[URL]()
VERSION = pytest.StashKey[str]()
WATCHER = pytest.StashKey[Watcher]()
SECONDS, SECONDS_OF_FAULTS = 1200, 7200
"""How long a test, or its setup, may take."""
SMALL = Size(buffer_pool=256 * MIB, redo_log=256 * MIB)
MEMORY, ENOUGH = Path("/dev/shm"), 6 << 30
"""Files in memory, and the bytes that have to be free there for the server to live in it."""

# HYPOTHESIS_PROFILE=thorough makes every hypothesis test try many more examples, unless the test
# itself sets their number.
settings.register_profile("quick", max_examples=100)
settings.register_profile("thorough", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """Find or start the server once, so that the header can name it."""
    if config.option.collectonly or config.option.help:
        return
    # A shell that starts `make test` in the background ignores SIGINT, which tests would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[WATCHER] = Watcher()
    config.add_cleanup(config.stash[WATCHER].close)
    if hasattr(config, "workerinput"):
        config.stash[SERVER] = make_url(config.workerinput["server"])
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the server, too
    try:
        config.stash[SERVER] = _server(config)
        with connected(address.without_database(config.stash[SERVER])) as session:
            config.stash[VERSION] = str(session.brand)
    except DatabaseError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Ensure that whatever runs in the tests' folder ends with the tests."""
    if WATCHER in session.config.stash:
        folder = session.config._tmp_path_factory.getbasetemp()
        session.config.stash[WATCHER].note(f"{folder}/")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Let no test wait forever."""
    with limit(SECONDS_OF_FAULTS if item.get_closest_marker("faults") else SECONDS):
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell a worker of pytest-xdist where the server is."""
    url = node.config.stash[SERVER]
    node.workerinput["server"] = url.render_as_string(hide_password=False)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the server and its version."""
    if VERSION not in config.stash:  # a worker of pytest-xdist prints no header
        return None
    return f"server: {config.stash[VERSION]} at {address.public(config.stash[SERVER])}"


def _server(config: pytest.Config) -> URL:
    if text := os.environ.get("TEST_DATABASE_URL"):
        return address.parse(text, "TEST_DATABASE_URL")
    if DockerServer(lifecycle.folder()).answers() and (url := _container(config)):
        return url
    return _private(config)


def _memory() -> Path | None:
    """Return where files are in memory, if there is room: on a disk every commit, and every table
    that is made, waits for it, and thousands of them are made here."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH else None


def _private(config: pytest.Config) -> URL:
    folder = tempfile.TemporaryDirectory(prefix="gradients-test-", dir=_memory())
    config.add_cleanup(folder.cleanup)
    config.stash[WATCHER].note(f"{folder.name}/")
    private = PrivateServer(Path(folder.name), packages=lifecycle.folder(), size=SMALL, say=print)
    config.add_cleanup(private.stop)
    private.start()
    return private.url(accounts.ROOT)


def _container(config: pytest.Config) -> URL | None:
    """Start a container as `make up` does; None, with a message, if the engine lacks an image.

    Ryuk is another container, which removes this one if we are killed. An engine that cannot pull
    it does without.
    """
    from testcontainers.core.config import testcontainers_config

    reasons = []
    for without_ryuk in sorted({testcontainers_config.ryuk_disabled, True}):
        testcontainers_config.ryuk_disabled = without_ryuk
        try:
            return _started_container(config)
        except Exception as error:  # of docker, requests or testcontainers: no common base class
            reasons.append(" ".join(str(error).split()))
    print(f"Docker answers but cannot be used ({reasons[-1]}): testing on a private server.")
    return None


def _started_container(config: pytest.Config) -> URL:
    from testcontainers.community.mysql import MySqlContainer

    service = DockerServer(lifecycle.folder()).engine.service()
    container = MySqlContainer(
        service["image"], dialect="pymysql", username="root", password=accounts.new_password()
    )
    container.with_command(service["command"])
    config.add_cleanup(partial(removed, container))
    container.start()
    return address.parse(container.get_connection_url(), "the container")


@pytest.fixture(scope="session")
def server_url(pytestconfig: pytest.Config) -> URL:
    """The address of a server on which its account may create databases and accounts."""
    return pytestconfig.stash[SERVER]


@cache
def brand_at(url: URL) -> Brand:
    """What the server of an address is."""
    with connected(address.without_database(url)) as session:
        return session.brand


@pytest.fixture(scope="session")
def server_brand(server_url: URL) -> Brand:
    """What the server is."""
    return brand_at(server_url)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that is marked as not to be run on the server, before its fixtures are made."""
    mark = item.get_closest_marker("not_on_oceanbase")
    if mark and brand_at(item.config.stash[SERVER]).flavour == "oceanbase":
        pytest.skip(mark.args[0])


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    """Close what engines of a module's tests have opened, and nobody has closed: it would warn
    whenever it is collected, in any other test."""
    opened: WeakSet[Session] = WeakSet()

    def note(session: Session, _record: object) -> None:
        opened.add(session)

    event.listen(Pool, "connect", note)
    yield
    event.remove(Pool, "connect", note)
    for session in list(opened):
        if session.open:
            session.close()


@pytest.fixture(scope="session")
def servers_folder(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder for further servers of the tests, in memory if there is room."""
    if (memory := _memory()) is None:
        yield tmp_path_factory.mktemp("servers")
        return
    with tempfile.TemporaryDirectory(
        prefix="gradients-test-", dir=memory, ignore_cleanup_errors=True
    ) as folder:
        pytestconfig.stash[WATCHER].note(f"{folder}/")
        yield Path(folder)


@pytest.fixture
def database(server_url: URL) -> Iterator[URL]:
    """The address of a fresh, empty database, dropped after the test."""
    yield from fresh_database(server_url)


@pytest.fixture(scope="module")
def module_database(server_url: URL) -> Iterator[URL]:
    """The address of a fresh, empty database for all tests of a module, dropped after them."""
    yield from fresh_database(server_url)


@pytest.fixture(scope="session")
def schema(server_url: URL) -> Iterator[Schema]:
    """The result of all migrations."""
    for url in fresh_database(server_url):
        yield Schema(url)


@pytest.fixture
def migrated_database(database: URL, schema: Schema) -> URL:
    """The address of a test's own database with catalogue and views."""
    schema.copy(database)
    return database


@pytest.fixture(scope="module")
def migrated(module_database: URL, schema: Schema) -> URL:
    """The address of a module's database with catalogue and views."""
    schema.copy(module_database)
    return module_database


def at_port(url: URL, port: int) -> URL:
    """Return an address that differs from `url` in being on loopback, at another port."""
    return url.difference_update_query(["unix_socket"]).set(host="127.0.0.1", port=port)


def fresh_database(server_url: URL) -> Iterator[URL]:
    """Give the address of a fresh, empty database, and drop it afterwards."""
    url = server_url.set(database=f"gradients_test_{secrets.token_hex(6)}")
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute(accounts.create_database(url.database))
    yield url
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute(f"DROP DATABASE {quoted(url.database)}")


@pytest.fixture
def reader_url(database: URL) -> Iterator[URL]:
    """The address of `database` for a new account that may only SELECT and SHOW VIEW there."""
    name, password = f"reader_{secrets.token_hex(4)}", accounts.new_password()
    with connected(address.without_database(database)) as session:
        for statement in accounts.reader(name, password, database.database):
            session.cursor().execute(statement)
    yield database.set(username=name, password=password)
    with connected(address.without_database(database)) as session:
        session.cursor().execute(f"DROP USER '{name}'@'%'")
