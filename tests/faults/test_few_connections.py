"""An account, or a server, with few connections."""

import os
import secrets
import subprocess
import sys

import pytest
from sqlalchemy import URL

from tests.commands.conftest import ROOT, TOML, text
from vanishing_gradients.migrations import history
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected, engine, free_connections
from vanishing_gradients.sql.errors import DatabaseError

FEW = 3


@pytest.fixture(params=[FEW])
def frugal(request, server_url, database):
    """The address of an account that may have three connections at once, or as many as asked."""
    name, password = f"few_{secrets.token_hex(4)}", accounts.new_password()
    with connected(address.without_database(server_url)) as session, session.cursor() as cursor:
        for statement in accounts.account(name, password):
            cursor.execute(statement)
        pattern = accounts.grant_pattern(database.database)
        cursor.execute(f"GRANT ALL ON {pattern}.* TO '{name}'@'%'")
        cursor.execute(f"ALTER USER '{name}'@'%' WITH MAX_USER_CONNECTIONS {request.param}")
        yield database.set(username=name, password=password)
        cursor.execute(f"DROP USER '{name}'@'%'")


def run(url: URL, folder, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {
        "DATABASE_URL": text(url), "READER_DATABASE_URL": text(url), "PYTHONPATH": str(ROOT),
        "SERVER_DIR": str(folder / "server"),
    }  # fmt: skip
    command = [sys.executable, "-m", "vanishing_gradients", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip


@pytest.mark.faults
def test_three_connections_do_for_every_command(frugal, tmp_path):
    (tmp_path / "few.toml").write_text(TOML.format(name="few", epochs=1))
    trained = ["--dataset=sample", "--limit=256"]
    for arguments in (
        ["migrate"],
        ["train", "--exp=few.toml", *trained],
        ["train", "--exp=few.toml", *trained, "--resume=1"],
        ["train", "--exp=few.toml", *trained, "--telemetry=statistics", "--seeds=3"],
        ["runs"],
        ["figures", "--run=1"],
        ["verify"],
        ["diagnose"],
        ["compare", "--runs=1,2"],
        ["drop", "--run=1", "--yes"],
    ):
        done = run(frugal, tmp_path, *arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("frugal", [2], indirect=True)
def test_two_connections_do_for_a_run_without_rows_and_are_refused_for_one_with(
    frugal, database, schema, tmp_path
):
    schema.copy(database)
    (tmp_path / "few.toml").write_text(TOML.format(name="few", epochs=1))
    command = ["train", "--exp=few.toml", "--dataset=sample", "--limit=256"]
    refused = run(frugal, tmp_path, *command)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == (
        f"Error: The account {frugal.username!r} at {address.public(frugal)} may have 2 "
        "connections at once, and a run needs 3: as an administrator run ALTER USER "
        f"'{frugal.username}'@'%' WITH MAX_USER_CONNECTIONS 3, or more"
    )
    assert run(frugal, tmp_path, *command, "--telemetry=statistics").returncode == 0
    with connected(frugal) as session, session.cursor() as cursor:
        cursor.execute("SELECT run_id, telemetry FROM runs")
        assert cursor.fetchall() == ((1, "statistics"),)


def test_what_is_free_is_known_and_one_too_many_is_a_sentence(frugal):
    with connected(frugal) as first, connected(frugal):
        assert free_connections(first) == FEW - 1
        with (
            connected(frugal),
            pytest.raises(DatabaseError, match=r"max_user_connections.* WITH MAX_USER_CONNECTIONS"),
            connected(frugal),
        ):
            pass


def test_one_connection_does_for_a_migration(frugal):
    made = engine(frugal)
    with connected(frugal), connected(frugal):
        history.upgrade(made)
    made.dispose()
