"""Names and passwords of every kind, in real statements on a real server: they stay unchanged.

HYPOTHESIS_PROFILE=thorough tries many more of them.
"""

import re
import secrets
from collections.abc import Iterator
from itertools import count

import pymysql
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from tests.schema import stored_name
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import backticked, checked_experiment, checked_layer, quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, create_table, newest
from vanishing_gradients.sql.queries import select

PIECES = st.sampled_from(
    ["`", "``", "'", '"', "\\", "\0", "\n", "\r", "--", "-- ", "#", "/*", "*/", "/*!", ";", "%",
     "%s", "_", "{", "}", "{view}", ".", "..", "/", "\x1a", "\t", " ", "\N{NO-BREAK SPACE}", "é",
     "界", "\N{GRINNING FACE}", "\ud800", "\u202e", "DROP TABLE canary", "a", "Z", "0", "x" * 60]
)  # fmt: skip
HOSTILE = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)
EXAMPLES = settings.default.max_examples
ENCLOSED = re.compile(r"`(?:[^`]|``)+`", re.S)


@pytest.fixture(scope="module")
def cursor(module_database: URL) -> Iterator[pymysql.cursors.Cursor]:
    with connected(module_database) as session:
        made = session.cursor()
        made.execute("CREATE TABLE canary (n INT)")
        yield made


def objects(cursor: pymysql.cursors.Cursor) -> set[str]:
    cursor.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    )
    return {name for (name,) in cursor.fetchall()}


@given(name=HOSTILE)
def test_a_name_is_refused_in_one_sentence_or_does_not_get_out_of_its_quotes(name: str):
    try:
        identifier = quoted(name)
    except ObjectError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)
    else:
        assert ENCLOSED.fullmatch(identifier)
        assert identifier[1:-1].replace("``", "`") == name


@settings(deadline=None, max_examples=EXAMPLES // 2)
@given(view=HOSTILE, column=HOSTILE)
@example(view="a` AS SELECT 1; DROP TABLE canary; -- ", column="a`; DROP TABLE canary; -- ")
@example(view="x" * 64, column="x" * 64)
def test_a_view_is_called_exactly_so_and_has_its_one_column(cursor, view: str, column: str):
    try:
        statement = f"CREATE VIEW {quoted(view)} AS SELECT 1 AS {quoted(column)}"
    except ObjectError:
        return
    if view.lower() == "canary":
        return
    cursor.execute(statement)
    try:
        assert objects(cursor) == {"canary", stored_name(cursor, view)}
        cursor.execute(f"SELECT * FROM {quoted(view)}")
        (field,) = cursor.description
        # Servers drop invisible characters at the start of a column's name, but not a table's.
        assert column.endswith(field[0])
    finally:
        cursor.execute(f"DROP VIEW {quoted(view)}")


@settings(deadline=None)
@given(name=HOSTILE)
def test_a_hostile_name_in_a_query_stays_one_name(name: str):
    def query(experiment: str) -> str:
        return select(newest("norm_avg"), {}, experiment=experiment, layer="1", next_layer="2")

    try:
        identifier = quoted(f"{name}_layer_1_norm_avg")
    except ObjectError:
        with pytest.raises(ObjectError):
            query(name)
        return
    text = query(name)
    assert text.count(identifier) >= 1
    assert text.replace(identifier, "`v_layer_1_norm_avg`") == query("v")


@given(name=HOSTILE)
def test_a_hostile_name_is_no_experiment_and_no_layer(name: str):
    plain = re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name)
    if plain is None:
        with pytest.raises(ObjectError):
            checked_experiment(name)
        with pytest.raises(ObjectError):
            ExperimentSchema(name, (Layer(1, "layer_1_input", 1, "input"),))
    with pytest.raises(ObjectError):
        checked_layer(f"layer_1_{name}`")
    with pytest.raises(ObjectError):
        Layer(1, f"layer_1_input{name}`", 1, "input")


@settings(deadline=None, max_examples=EXAMPLES // 4)
@given(
    experiment=st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True),
    layer=st.from_regex(r"layer_[1-9][0-9]{0,2}_[a-z][a-z0-9_]{0,20}", fullmatch=True),
)
@example(experiment="select", layer="layer_1_drop")
def test_every_name_that_the_rules_allow_makes_its_table(cursor, experiment: str, layer: str):
    assert checked_layer(layer) == layer
    shape = ExperimentSchema(experiment, (Layer(1, layer, 2, "input"),))
    cursor.execute(create_table(shape, shape.layers[0], "DOUBLE"))
    made = f"{experiment}_{layer}"
    try:
        assert objects(cursor) == {"canary", made}
    finally:
        cursor.execute(f"DROP TABLE {quoted(made)}")


@settings(deadline=None, max_examples=EXAMPLES // 10)
@given(
    user=st.text(st.characters(exclude_categories=["C", "Z"], max_codepoint=0xFFFF),
                 min_size=1, max_size=12),
    password=st.lists(PIECES | st.text(max_size=3), min_size=1, max_size=6).map("".join),
)  # fmt: skip
@example(user="a'@'%", password="'; DROP TABLE canary; -- ")
@example(user="a\\", password="\\' OR 1 = 1")
@example(user='"`', password="%s%%")
def test_an_account_has_exactly_this_name_and_password(
    server_url: URL, module_database: URL, user: str, password: str
):
    if "\ud800" in password or "\0" in password:
        return  # no such text reaches a server
    name = f"{secrets.token_hex(3)}{user}"
    url = module_database.set(username=name, password=password)
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute("SELECT COUNT(*) FROM mysql.user")
        try:
            for statement in accounts.reader(name, password, module_database.database):
                session.cursor().execute(statement)
            with connected(url) as own:
                own_cursor = own.cursor()
                own_cursor.execute("SELECT CURRENT_USER()")
                assert own_cursor.fetchone() == (f"{name}@%",)
        finally:
            session.cursor().execute("DROP USER IF EXISTS %s@'%%'", (name,))


NUMBERS = count()


@pytest.mark.not_on_oceanbase("it does not find a database again whose name has a backslash")
@settings(deadline=None, max_examples=EXAMPLES // 10)
@given(middle=st.text("_%`'\"\\aZ0é.-# ", max_size=20))
@example(middle="_%`'\\")
@example(middle="\\_\\%")
def test_a_grant_is_for_exactly_this_database(server_url: URL, middle: str):
    number = f"{secrets.token_hex(3)}{next(NUMBERS)}"
    name = f"gt{number}{middle}z"
    near = f"gt{number}{middle.replace('_', 'Q').replace('%', 'QQ')}z"
    user, password = f"grantee{number}", accounts.new_password()
    with connected(address.without_database(server_url)) as session:
        cursor = session.cursor()
        try:
            for database in {name, near}:
                cursor.execute(accounts.create_database(database))
                cursor.execute(f"CREATE TABLE {quoted(database)}.canary (n INT)")
            for statement in accounts.reader(user, password, name):
                cursor.execute(statement)
            reader = address.without_database(server_url).set(username=user, password=password)
            with connected(reader) as own:
                own.cursor().execute(f"SELECT n FROM {quoted(name)}.canary")
                if near != name:
                    with pytest.raises(pymysql.err.OperationalError, match="denied"):
                        own.cursor().execute(f"SELECT n FROM {quoted(near)}.canary")
        finally:
            for database in {name, near}:
                cursor.execute(f"DROP DATABASE IF EXISTS {backticked(database)}")
            cursor.execute(f"DROP USER IF EXISTS '{user}'@'%'")
