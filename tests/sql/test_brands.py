"""Which server answers, however it announces itself."""

import pytest

from tests.security.fake_server import fake_server
from vanishing_gradients.sql.address import without_database
from vanishing_gradients.sql.brands import (
    BRANDS,
    MariaDB,
    MySQL,
    OceanBase,
    Seekdb,
    TiDB,
    recognised,
)
from vanishing_gradients.sql.connection import connected, require_recent
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.sql.requirements import hazard


@pytest.mark.parametrize(
    ("version", "comment", "brand"),
    [
        ("9.7.4", "MySQL Community Server - GPL", MySQL((9, 7, 4))),
        ("8.4.0-cloud", "", MySQL((8, 4, 0))),
        ("5.5.5-10.11.19-MariaDB-deb12", "Debian 12", MariaDB((10, 11, 19))),
        (
            "5.7.25-OceanBase seekdb-v1.4.0.0",
            "OceanBase 4.3.5.3 seekdb (r1.4.0.0) (Built 1-d0cbdf0)",
            Seekdb((1, 4, 0)),
        ),
        (
            "5.7.25-OceanBase-v4.3.5.1",
            "OceanBase_CE 4.3.5.1 (r101000042025031818-bxxxx)",
            OceanBase((4, 3, 5)),
        ),
        ("8.0.11-TiDB-v8.5.1", "TiDB Server (Apache License 2.0)", TiDB((8, 5, 1))),
    ],
)
def test_a_brand_is_told_by_what_the_server_says_of_itself(version, comment, brand):
    assert recognised(version, comment) == brand
    assert brand.recent


@pytest.mark.parametrize("kind", BRANDS)
def test_a_version_before_the_oldest_is_refused_by_name(kind, server_url):
    brand = kind((*kind.oldest[:-1], kind.oldest[-1] - 1))
    with pytest.raises(ServerError, match=f"is {kind.name} .*, too old: upgrade it to "):
        require_recent(brand, server_url)


def test_a_connection_knows_what_it_leads_to(database):
    with connected(database) as session, session.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        (version,) = cursor.fetchone()
    numbers = version.removeprefix("5.5.5-").split("-")[0]
    assert str(session.brand).endswith(numbers) or session.brand.flavour == "oceanbase"


def test_a_server_that_does_not_say_is_taken_for_what_it_announced():
    with (
        fake_server(lambda client: (client.log_in(), client.agree_until(b"SELECT 1"))) as fake,
        connected(fake.url) as session,
    ):
        assert session.brand == MySQL((8, 4, 0))


@pytest.mark.not_on_oceanbase("it has no other collation")
def test_new_tables_get_the_collation_of_the_old_ones(database):
    """Versions before chose a collation that OceanBase lacks; names are compared across tables."""
    with connected(database) as session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE runs (a INT) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    with connected(database) as session, session.cursor() as cursor:
        cursor.execute("SELECT @@collation_connection")
        assert cursor.fetchone() == ("utf8mb4_unicode_ci",)


@pytest.mark.parametrize(
    ("brand", "limit"),
    [
        (MySQL((9, 7)), {"max_execution_time": "10000"}),
        (MariaDB((10, 11)), {"max_statement_time": "10"}),
        (Seekdb((1, 4)), {"ob_query_timeout": "10000000"}),
    ],
    ids=str,
)
def test_each_brand_counts_the_time_of_a_statement_in_its_own_unit(brand, limit):
    assert brand.time_limit(10) == limit


def test_a_server_that_may_not_survive_a_kill_is_known_with_the_cure(server_url):
    with connected(without_database(server_url)) as session:
        assert hazard(session) is None  # on seekdb, because of tools/seekdb.py
        if session.brand.survives_by is None:
            return
        name, value = session.brand.survives_by
        with session.cursor() as cursor:
            cursor.execute(f"ALTER SYSTEM SET {name} = '16K'")
            told = hazard(session)
            cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    assert told.endswith("run ALTER SYSTEM SET _private_buffer_size = '0B'.")
