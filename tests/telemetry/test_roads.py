"""Which road a run uses, depending on its server."""

import pytest

from vanishing_gradients.sql.brands import MariaDB, MySQL, Seekdb
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.telemetry.roads import ROADS, STATEMENTS, Facts, choose, facts

MARIADB, MYSQL, SEEKDB = MariaDB((11, 4)), MySQL((9, 7)), Seekdb((1, 4))


@pytest.mark.parametrize(
    ("server", "road", "slow"),
    [
        (Facts(MARIADB, True, 16382), "binary", False),
        (Facts(MARIADB, False, 16382), "binary", False),
        (Facts(MARIADB, True, 0), "text", True),
        (Facts(MARIADB, False, 0), "insert", True),
        (Facts(MYSQL, True, 16382), "text", False),
        (Facts(MYSQL, False, 16382), "binary", True),
        (Facts(MYSQL, False, STATEMENTS - 1), "insert", True),
    ],
)
def test_auto_takes_what_the_server_is_fastest_on(server, road, slow):
    chosen = choose(server)
    assert (chosen.road, chosen.slow) == (road, slow)
    assert ("SET GLOBAL" in chosen.why) == slow
    assert ("local_infile" in chosen.why) == (slow and not server.local_infile)
    assert ("max_prepared_stmt_count" in chosen.why) == (slow and server.local_infile)


@pytest.mark.parametrize(("precision", "road"), [("double", "text"), ("single", "binary")])
def test_the_road_may_depend_on_the_precision(precision, road):
    assert choose(Facts(SEEKDB, True, 16382), precision=precision).road == road


def test_an_account_that_lacks_a_privilege_for_the_faster_road_takes_the_other_and_says_so():
    chosen = choose(Facts(SEEKDB, True, 16382, may_load=False))
    assert (chosen.road, chosen.slow) == ("binary", True)
    assert "the privilege FILE on *.* lets it in" in chosen.why


@pytest.mark.parametrize("road", ROADS)
def test_a_road_that_is_wanted_is_taken(road):
    assert choose(Facts(MYSQL, True, 16382), road).road == road


@pytest.mark.parametrize(
    ("road", "server", "cure"),
    [
        ("text", Facts(MYSQL, False, 16382), "SET GLOBAL local_infile = ON"),
        ("text", Facts(SEEKDB, True, 16382, may_load=False), r"privilege FILE on \*\.\* lets"),
        ("binary", Facts(MARIADB, True, 0), "SET GLOBAL max_prepared_stmt_count = 16382"),
    ],
)
def test_a_road_that_the_server_forbids_is_refused_with_the_cure(road, server, cure):
    with pytest.raises(ServerError, match=cure):
        choose(server, road)


def test_a_server_is_asked_what_it_is(migrated):
    with connected(migrated) as session:
        found = facts(session, migrated)
    assert found.brand == session.brand
    assert found.statements > STATEMENTS
    assert found.may_load
