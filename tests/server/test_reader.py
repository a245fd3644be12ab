"""The reader can only read."""

import pytest
from sqlalchemy import URL, text

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import AccessError


@pytest.fixture
def rows(database: URL) -> None:
    with engine(database).begin() as session:
        session.execute(text("CREATE TABLE numbers (n INT PRIMARY KEY)"))
        session.execute(text("INSERT INTO numbers VALUES (1), (2)"))


@pytest.mark.usefixtures("rows")
def test_the_reader_reads(reader_url: URL):
    with engine(reader_url).connect() as session:
        assert session.scalar(text("SELECT SUM(n) FROM numbers")) == 3


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO numbers VALUES (3)",
        "UPDATE numbers SET n = 3 WHERE n = 1",
        "DELETE FROM numbers",
        "CREATE TABLE more (n INT)",
        "CREATE VIEW more AS SELECT n FROM numbers",
        "DROP TABLE numbers",
        "CREATE DATABASE gradients_test_of_the_reader",
    ],
)
def test_the_reader_does_nothing_else(reader_url: URL, statement: str):
    with engine(reader_url).connect() as session, pytest.raises(AccessError):
        session.execute(text(statement))
