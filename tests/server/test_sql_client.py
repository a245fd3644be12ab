"""`make sql` does not depend on its user's other settings; `make url` suits pandas."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import URL, create_engine, make_url, text

from vanishing_gradients.cli import main
from vanishing_gradients.server.client import arguments, connect
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.session_variables import settings

ROOT = Path(__file__).parents[2]
PASSWORDS = ["pässwörd-€-Aa1", "two words-Aa1", "+%40/:@?#&='\"\\-Aa1", " -Aa1 "]
SURROUNDINGS = {
    "MYSQL_UNIX_SOCKET": "/nowhere/mysqld.sock",
    "MYSQL_HOST": "nowhere.invalid",
    "MYSQL_TCP_PORT": "1",
    "MYSQL_USER": "somebody",
    "MYSQL_PWD": "wrong",
    "MYSQL_DSN": "other",
    "MYSQL_TEST_LOGIN_FILE": os.devnull,
}
MYCLIRC = """
[main]
table_format = csv
null_string = nothing
[connection]
default_character_set = latin1
default_socket = /nowhere/mysqld.sock
[alias_dsn]
other = mysql://somebody:wrong@nowhere.invalid:1/other
[init-commands]
limit = SET sql_select_limit = 1
"""


@pytest.fixture
def account(server_url: URL, database: URL):
    """Return a function that creates an account with a password and returns its address."""
    made = []
    with connected(address.without_database(server_url)) as session, session.cursor() as cursor:

        def make(password: str) -> URL:
            made.append(f"odd_{secrets.token_hex(4)}")
            for statement in accounts.reader(made[-1], password, database.database):
                cursor.execute(statement)
            return database.set(username=made[-1], password=password)

        yield make
        for name in made:
            cursor.execute(f"DROP USER '{name}'@'%'")


@pytest.fixture
def ask(tmp_path):
    """Return a function that runs a command of ours for an address, in the user's environment."""
    (tmp_path / ".config/mycli").mkdir(parents=True)
    for name in (".myclirc", ".config/mycli/myclirc"):
        (tmp_path / name).write_text(MYCLIRC)
    (tmp_path / ".my.cnf").write_text("[client]\nhost = nowhere.invalid\nuser = somebody\n")
    (tmp_path / ".mylogin.cnf").write_bytes(b"no login file")

    def run(url: URL, *arguments: str, stdin: str = "", output=None, **environment: str):
        written = url.render_as_string(hide_password=False)
        own = {"HOME": str(tmp_path), "SERVER_DIR": str(tmp_path), "DATABASE_URL": written}
        own["READER_DATABASE_URL"] = written
        done = subprocess.run(
            [sys.executable, "-m", "vanishing_gradients", *arguments],
            env=os.environ | own | environment,
            cwd=tmp_path,
            input=stdin.encode(),
            stdout=output or subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        if output:
            return done
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


QUESTION = "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AS who, 'ä€' AS said;\n"


@pytest.mark.parametrize("password", PASSWORDS)
def test_any_password_does_for_the_client(account, ask, password):
    url = account(password)
    assert ask(url, "sql", stdin=QUESTION) == f"who\tsaid\n{url.username}\tä€\n"


def test_the_users_surroundings_reach_the_client_nowhere(account, ask):
    url = account("plain-Aa1")
    expected = ask(url, "sql", stdin=QUESTION)
    assert ask(url, "sql", stdin=QUESTION, **SURROUNDINGS) == expected
    foreign = {"LC_ALL": "en_US.ISO-8859-1", "PYTHONIOENCODING": "latin1", "LANG": "C"}
    assert ask(url, "sql", stdin=QUESTION, **foreign) == expected


@pytest.fixture
def printing(account, ask):
    """Return a function that runs a query with redirected output: status and messages."""
    url = account("plain-Aa1")

    def run(output, stdin: str = QUESTION) -> tuple[int, str]:
        done = ask(url, "sql", stdin=stdin, output=output)
        return done.returncode, done.stderr.decode()

    return run


def test_an_answer_for_which_there_is_no_room_is_one_sentence(printing):
    with open("/dev/full", "w") as full:
        status, said = printing(full)
    assert status == 2
    assert said.startswith("Error: The result cannot be written to standard output (No space left")
    assert said.count("\n") == 1


def test_an_answer_that_nobody_reads_on_ends_the_client_quietly(printing):
    reading, writing = os.pipe()
    os.close(reading)
    assert printing(writing, QUESTION * 2 + "SELECT SLEEP(100);\n") == (141, "")
    os.close(writing)


def test_a_unix_socket_is_not_announced_among_the_messages():
    url = address.parse("mysql://me@localhost/gradients?unix_socket=/run/mysqld.sock")
    assert not [each for each in arguments(url) if "sock" in each]


def test_the_clients_session_is_the_projects(account):
    url = account("plain-Aa1")
    with (
        connect(url, True, host="nowhere.invalid", port=1) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("SELECT @@sql_select_limit, @@time_zone")
        unlimited = int(settings(session.brand)["sql_select_limit"])
        assert cursor.fetchone() == (unlimited, "+00:00")


@pytest.fixture
def told(tmp_path):
    """Return a function that returns the line that `url` prints, in this process."""

    def run(url: URL, *options: str) -> str:
        written = url.render_as_string(hide_password=False)
        own = {"DATABASE_URL": written, "READER_DATABASE_URL": written, "SERVER_DIR": str(tmp_path)}
        done = CliRunner().invoke(main, ["url", *options], env=own, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    return run


@pytest.mark.parametrize("password", PASSWORDS)
def test_an_address_is_read_the_same_everywhere(account, told, password):
    url = account(password)
    line = told(url)
    assert line.startswith("mysql://")
    assert " " not in line
    assert make_url(line).password == unquote(urlsplit(line).password) == password
    with create_engine(told(url, "--format=sqlalchemy")).connect() as connection:
        assert connection.scalar(text("SELECT CURRENT_USER()")) == f"{url.username}@%"


def test_pandas_reads_a_view_with_the_address_for_sqlalchemy(account, ask, database):
    with connected(database) as session:
        session.cursor().execute("CREATE VIEW seen AS SELECT 1 AS epoch, 0.5 AS norm")
    line = ask(account("two words-ä-Aa1"), "url", "--format=sqlalchemy").strip()
    found = pd.read_sql("SELECT * FROM seen", line)
    assert found.to_dict("list") == {"epoch": [1], "norm": [0.5]}


def test_the_lines_of_python_for_pandas_read_views(migrated_database, account, ask, monkeypatch):
    url = account("two words-ä-Aa1")

    def answer(command: list[str], text: bool) -> str:
        assert (command[:3], text) == (["make", "--silent", "url"], True)
        return ask(url, "url", *(f"--{each.lower()}" for each in command[3:]))

    monkeypatch.setattr(subprocess, "check_output", answer)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "pandas.md").read_text(), re.S)
    names: dict = {}
    for lines in blocks:
        exec(lines, names)
    assert {"epoch", "layer", "norm"} <= set(names["norms"].columns)
    assert names["ratios"].index.name == "epoch"


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ("", {}),
        ("ssl_mode=disabled", {"ssl_disabled": "true"}),
        ("ssl_mode=required", {"ssl_check_hostname": "false"}),
        ("connect_timeout=7&charset=utf8", {"connect_timeout": "7"}),
        ("unix-socket=/run/a b.sock", {"unix_socket": "/run/a b.sock"}),
    ],
)
def test_options_become_those_that_sqlalchemy_takes(given, options):
    found = address.for_sqlalchemy(address.parse(f"mysql://me:word@db.example/gradients?{given}"))
    assert dict(found.query) == options
    made = create_engine(address.rendered(found, address.DRIVER))
    assert made.dialect.create_connect_args(made.url)


@pytest.mark.not_on_oceanbase("it does not say whether a session is encrypted")
def test_an_unencrypted_session_for_sqlalchemy_is_one(database):
    asked = address.for_sqlalchemy(database.update_query_dict({"ssl_mode": "disabled"}))
    with create_engine(address.rendered(asked, address.DRIVER)).connect() as connection:
        assert connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1] == ""
