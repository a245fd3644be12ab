"""Which errors are retried."""

import pymysql
import pytest
from pymysql.constants import CR, ER

from vanishing_gradients.sql.server_errors import FileRequestError, passing


def test_a_server_that_asks_for_a_file_is_not_waited_for():
    """Although the connection to it is lost."""
    assert not passing(FileRequestError(CR.CR_SERVER_LOST, "The server asked for a file"))


@pytest.mark.parametrize(
    "number", [CR.CR_SERVER_LOST, CR.CR_CONN_HOST_ERROR, ER.DISK_FULL, ER.LOCK_DEADLOCK, 1927]
)
def test_what_may_be_otherwise_later_is_waited_for_whatever_it_is_wrapped_in(number):
    error = RuntimeError("told in other words")
    error.__cause__ = pymysql.err.OperationalError(number, "no")
    assert passing(error)


@pytest.mark.parametrize("number", [ER.ACCESS_DENIED_ERROR, ER.NO_SUCH_TABLE, ER.DUP_ENTRY])
def test_what_no_waiting_cures_is_not_waited_for(number):
    assert not passing(pymysql.err.OperationalError(number, "no"))
