"""No value enters an SQL statement unprotected: names are quoted, the rest is bound or a number."""

import ast
import re

import pytest

from tests.architecture.source import ROOT, dotted, files, name, tree
from tests.security.sql_strings import QUOTING, STATEMENT, safe, unquoted

PACKAGES = ("sql", "server", "telemetry", "trainer", "analysis", "migrations")
PASSED_ON = {
    ("sql/accounts.py", "pattern"),
    ("migrations/steps.py", "change"),
    ("migrations/steps.py", "definition"),
    ("sql/session_variables.py", "assignments"),
}
"""Arguments that functions get quoted; tests below check all callers; the last are constants."""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_value_in_a_statement_is_quoted_or_a_number(package: str):
    found = {
        (name(path), line, value)
        for path in files(package)
        for line, value in unquoted(tree(path))
        if (name(path), value) not in PASSED_ON
    }
    assert found == set()


def test_who_grants_reading_gives_a_quoted_pattern():
    calls = []
    for path in files(*PACKAGES):
        for scope in ast.walk(tree(path)):
            if not isinstance(scope, ast.FunctionDef):
                continue
            calls += [
                (node, scope)
                for node in ast.walk(scope)
                if isinstance(node, ast.Call) and dotted(node.func).endswith("grant_reading")
            ]
    assert len(calls) >= 3
    assert [ast.unparse(node) for node, scope in calls if not safe(node.args[1], scope)] == []


def test_who_defines_a_column_writes_its_definition_out():
    calls = [
        node
        for path in files("migrations/versions")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and dotted(node.func) in ("add_column", "rename_column")
    ]
    assert len(calls) >= 5
    assert [ast.unparse(node) for node in calls if not safe_definition(node)] == []


def safe_definition(call: ast.Call) -> bool:
    named = [each.value for each in call.keywords if each.arg == "definition"]
    place = 2 if dotted(call.func) == "add_column" else 3
    return all(safe(each, call) for each in [*named, *call.args[place:]])


def test_the_statements_of_the_project_are_seen():
    statements = [
        node
        for path in files("sql", "telemetry")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and STATEMENT.match(node.values[0].value)
    ]
    assert len(statements) >= 10


def test_names_are_quoted_in_one_place():
    """Doubling backticks makes a name safe; code that does it elsewhere may forget it."""
    places = {
        name(path)
        for path in files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and node.value == "``"
    }
    assert places == {"sql/names.py"}


def test_no_placeholder_of_an_sql_file_stands_within_quotes_of_its_own():
    """Names are already quoted; the one exception is a text of lower-case letters, digits and _."""
    allowed = {"'{experiment}'", "'{layer_name}'"}
    placeholders = 0
    for path in sorted((ROOT / "sql").rglob("*.sql")):
        content = path.read_text(encoding="utf-8")
        placeholders += len(re.findall(r"\{[a-z_]+\}", content))
        body = "\n".join(line for line in content.splitlines() if not line.startswith("--"))
        assert set(re.findall(r"['\"`]\{[a-z_]+\}['\"`]", body)) <= allowed, path.name
    assert placeholders > 20


UNSAFE = [
    'run(f"SELECT * FROM {table}")',
    'run(f"DROP TABLE `{table}`")',
    "run(f\"SELECT 1 FROM t WHERE a = '{value}'\")",
    'def f(table):\n    statement = f"ALTER TABLE {table} ADD a INT"',
    'def f(n):\n    name = quoted(n)\n    name = n\n    run(f"DROP VIEW {name}")',
    'run("SELECT * FROM " + table)',
    'run("SELECT * FROM t WHERE a = " + quoted(b) + " AND c = " + d)',
    'run("SELECT * FROM %s" % table)',
    'run("SELECT * FROM {}".format(table))',
    'run("SELECT * FROM {t}".format(t=table))',
    'run("SELECT * FROM TABLE".replace("TABLE", table))',
    "run(f\"SELECT {', '.join(columns)} FROM t\")",
    'run(f"INSERT INTO {quoted(table)} VALUES ({value})")',
    'run(f"KILL {number:s}")',
    'class A:\n    def f(self):\n        run(f"DELETE FROM {self.table}")',
]
SAFE = [
    'run(f"SELECT * FROM {quoted(table)}")',
    'def f(n):\n    name = quoted(n)\n    run(f"DROP VIEW {name}")',
    'def f(names):\n    for each in [quoted(n) for n in names]:\n        run(f"DROP VIEW {each}")',
    'run(f"KILL {number:d}")',
    'run(f"SELECT {len(rows)}")',
    'run(f"CREATE TABLE t (a INT) COLLATE {COLLATION}")',
    "run(f\"SELECT {', '.join(quoted(c) for c in columns)} FROM t\")",
    'run("SELECT 1 WHERE a = %s", (value,))',
    "run(f\"CREATE USER '{escape_string(name)}'@'%'\")",
    'raise Error(f"there is no table {name}")',
]


@pytest.mark.parametrize("code", UNSAFE)
def test_a_value_as_it_is_would_be_seen(code: str):
    assert unquoted(ast.parse(code)) != []


@pytest.mark.parametrize("code", SAFE)
def test_what_is_quoted_or_a_number_is_let_pass(code: str):
    assert unquoted(ast.parse(code)) == []


def test_the_functions_that_quote_are_there():
    defined = {
        node.name
        for path in files("sql")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    }
    assert QUOTING - defined == {"escape_string"}  # PyMySQL's
