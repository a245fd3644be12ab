"""Which errors of a server pass by themselves: it restarts, is full, is busy, or chose a victim."""

import pymysql
from pymysql.constants import CR, ER

from vanishing_gradients.sql.connection import FileRequestError

# Numbers that PyMySQL's tables lack.
STOPPED_MEANWHILE = (1927, 3169, 4031)  # connection or session killed, closed for being silent
PASSING = {
    CR.CR_CONNECTION_ERROR,
    CR.CR_CONN_HOST_ERROR,
    CR.CR_SERVER_GONE_ERROR,
    CR.CR_SERVER_LOST,
    CR.CR_SERVER_LOST_EXTENDED,
    ER.CON_COUNT_ERROR,
    ER.TOO_MANY_USER_CONNECTIONS,
    ER.SERVER_SHUTDOWN,
    ER.LOCK_WAIT_TIMEOUT,
    ER.LOCK_DEADLOCK,
    ER.RECORD_FILE_FULL,
    ER.DISK_FULL,
    ER.ERROR_ON_WRITE,
    ER.GET_ERRNO,
    ER.TABLE_DEF_CHANGED,
    ER.NET_PACKET_TOO_LARGE,
    ER.OUT_OF_RESOURCES,
    ER.OUTOFMEMORY,
    ER.QUERY_INTERRUPTED,
    ER.NET_READ_ERROR,
    ER.NET_READ_INTERRUPTED,
    ER.NET_ERROR_ON_WRITE,
    ER.NET_WRITE_INTERRUPTED,
    *STOPPED_MEANWHILE,
}
CLOSED = 0  # what PyMySQL says of a connection that it has closed itself


def passing(error: BaseException) -> bool:
    """Whether the server's answer to the same may be another one later.

    Whether what was asked for has happened nevertheless is not known: a connection may be lost
    between a commit and the answer to it.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, FileRequestError):
            return False
        if isinstance(cause, pymysql.err.InterfaceError) and cause.args[:1] == (CLOSED,):
            return True
        if isinstance(cause, pymysql.err.MySQLError) and cause.args and cause.args[0] in PASSING:
            return True
        cause = getattr(cause, "orig", None) or cause.__cause__
    return False
