"""The statements that put gradients into their table, and the one that notes how far that is."""

from pymysql.connections import Connection
from sqlalchemy import Engine, text

from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, gradient_columns

NOTE_PROGRESS = (
    "INSERT INTO telemetry_progress "
    "(run_id, layer, epoch, first_step, last_step, row_count, loaded_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
FIND_PROGRESS = (
    "SELECT row_count FROM telemetry_progress "
    "WHERE run_id = %s AND layer = %s AND epoch = %s AND first_step = %s"
)
COLUMN_TYPE = (
    "SELECT UPPER(data_type) FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND table_name = %s AND column_name = 'Gradient1'"
)
FIRST_WARNING = "SHOW WARNINGS LIMIT 1"


def load_gradients(shape: ExperimentSchema, layer: Layer, run_id: int, epoch: int) -> str:
    """Return the LOAD DATA LOCAL statement for rows of Step, RowIndex, Gradient1 .. GradientN.

    The file name in it stands for nothing: the rows come from the client's memory.
    """
    return (
        f"LOAD DATA LOCAL INFILE 'memory' INTO TABLE {quoted(shape.table(layer))} "
        r"CHARACTER SET binary FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
        f"(Step, RowIndex, {', '.join(gradient_columns(layer.width))}) "
        f"SET run_id = {run_id:d}, Epoch = {epoch:d}"
    )


def insert_gradients(shape: ExperimentSchema, layer: Layer) -> str:
    """Return the INSERT statement up to its row values, (run_id, Epoch, Step, RowIndex, cells)."""
    columns = ", ".join(gradient_columns(layer.width))
    table = quoted(shape.table(layer))
    return f"INSERT INTO {table} (run_id, Epoch, Step, RowIndex, {columns}) VALUES "  # noqa: S608


def local_infile_allowed(engine: Engine) -> bool:
    """Whether the server takes LOAD DATA LOCAL."""
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT @@GLOBAL.local_infile")))


def packet_limit(engine: Engine) -> int:
    """How many bytes the server takes in one packet."""
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT @@GLOBAL.max_allowed_packet")))


def session_packet_limit(session: Connection) -> int:
    """How many bytes the server takes in one packet over this connection."""
    with session.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        return int(cursor.fetchone()[0])
