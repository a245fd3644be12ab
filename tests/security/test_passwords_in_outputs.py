"""What a run leaves behind, in the database and in files, contains no password and no address."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, inspect, text

from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.names import quoted

ROOT = Path(__file__).parents[2]
EXPERIMENT = """\
name = "leak"
activation = "relu"
hidden_widths = [3]
batch_size = 64
epochs = 1
optimizer.kind = "sgd"
"""

PROGRAM = """
import json, sys
from vanishing_gradients.cli import main
for arguments in json.loads(sys.argv[1]):
    main(arguments, standalone_mode=False)
"""


@dataclass(frozen=True)
class Outcome:
    """A database with one run, its two accounts, and the files and output of all commands."""

    owner: URL
    reader: URL
    folder: Path
    printed: str

    def secrets(self) -> list[str]:
        """The passwords, and the addresses with them."""
        urls = [url.render_as_string(hide_password=False) for url in (self.owner, self.reader)]
        return [self.owner.password, self.reader.password, *urls]

    def telling(self, content: str) -> list[str]:
        return [secret for secret in self.secrets() if secret in content]


@pytest.fixture(scope="module")
def outcome(
    server_url: URL, module_database: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp("outputs")
    name = module_database.database
    users = {role: f"{role}_{secrets.token_hex(4)}" for role in ("owner", "reader")}
    urls = {
        role: module_database.set(username=user, password=accounts.new_password())
        for role, user in users.items()
    }
    with connected(address.without_database(server_url)) as session:
        for statement in (
            *accounts.account(users["owner"], urls["owner"].password),
            f"GRANT ALL PRIVILEGES ON {accounts.grant_pattern(name)}.* TO '{users['owner']}'@'%'",
            *accounts.reader(users["reader"], urls["reader"].password, name),
        ):
            session.cursor().execute(statement)
    (folder / "leak.toml").write_text(EXPERIMENT)
    printed = run(
        folder,
        urls,
        ["up"],
        ["train", f"--exp={folder / 'leak.toml'}", "--dataset=sample", "--limit=128"],
        ["runs"],
        ["figures", "--no-png", f"--output={folder / 'figures'}"],
        ["report", f"--output={folder / 'report'}"],
    )
    yield Outcome(urls["owner"], urls["reader"], folder, printed)
    with connected(address.without_database(server_url)) as session:
        for user in users.values():
            session.cursor().execute(f"DROP USER '{user}'@'%'")


def run(folder: Path, urls: dict[str, URL], *commands: list[str]) -> str:
    """Run commands, in one process because each takes a second to start; return their output."""
    addresses = {role: url.render_as_string(hide_password=False) for role, url in urls.items()}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        cwd=ROOT,
        env=os.environ
        | {
            "DATABASE_URL": addresses["owner"],
            "READER_DATABASE_URL": addresses["reader"],
            "SERVER_DIR": str(folder / "server"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_no_command_prints_a_password(outcome: Outcome):
    assert "leak" in outcome.printed
    assert outcome.telling(outcome.printed) == []


def test_no_table_of_the_catalogue_holds_a_password(outcome: Outcome):
    """Including runs.config and the checkpoints."""
    made = engine(outcome.owner)
    rows = 0
    with made.connect() as session:
        names = [name for name in inspect(session).get_table_names() if "_layer_" not in name]
        assert {"runs", "checkpoints"} <= set(names)
        for name in names:
            for row in session.execute(text(f"SELECT * FROM {quoted(name)}")):
                rows += 1
                content = "".join(
                    cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row
                )
                assert outcome.telling(content) == [], name
    made.dispose()
    assert rows > 4


def test_no_figure_and_no_report_holds_a_password(outcome: Outcome):
    files = [path for path in outcome.folder.rglob("*") if path.is_file()]
    assert {"report.html", "index.html"} <= {path.name for path in files}
    telling = [path for path in files if outcome.telling(path.read_bytes().decode("latin-1"))]
    assert telling == []


def test_no_view_is_made_with_a_password(outcome: Outcome):
    with connected(outcome.owner) as session:
        cursor = session.cursor()
        cursor.execute(
            "SELECT view_definition FROM information_schema.views WHERE table_schema = DATABASE()"
        )
        definitions = [definition for (definition,) in cursor.fetchall()]
    assert len(definitions) > 5
    assert outcome.telling("".join(definitions)) == []
