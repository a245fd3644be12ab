"""The list of runs that `make runs` prints."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from sqlalchemy import Engine, RowMapping, text

from vanishing_gradients.sql.queries import query
from vanishing_gradients.sql.registry import require_migrated
from vanishing_gradients.telemetry.lock import mark_orphans
from vanishing_gradients.telemetry.space import in_words, run_sizes

HEADINGS = (
    "run", "experiment", "data set", "seed", "precision", "status",
    "epochs", "accuracy", "loss", "seconds", "size", "gradient rows",
)  # fmt: skip
TEXTS = ("experiment", "data set", "precision", "status")
FIRST = "No run yet: `make train EXP=sigmoid_sgd` makes the first."


def runs_table(engine: Engine) -> Table | str:
    """Return a table with a line for each run, the oldest first, or how to make the first run.

    Accuracy and loss are those of the last completed epoch, on the training images. A run's size is
    its share of the tables that hold its rows, as the server estimates them. A run that its process
    has abandoned is called interrupted first. Raises ObjectError where the database is not
    migrated.
    """
    with engine.connect() as connection:
        require_migrated(connection)
        mark_orphans(connection)
        rows = connection.execute(text(query("runs"))).mappings().all()
        sizes = run_sizes(connection)
    if not rows:
        return FIRST
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_footer=True)
    below = {
        "run": "total",
        "size": in_words(sum(sizes.values())),
        "gradient rows": f"{sum(int(row['gradient_rows']) for row in rows):,}",
    }
    for heading in HEADINGS:
        side = "left" if heading in TEXTS else "right"
        table.add_column(heading, below.get(heading, ""), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*_cells(row, sizes.get(row["run_id"], 0)))
    return table


def _cells(row: RowMapping, size: int) -> tuple[str, ...]:
    kept_rows = row["telemetry"] == "full"
    return (
        str(row["run_id"]),
        row["experiment"],
        row["dataset"],
        str(row["seed"]),
        row["float_type"],
        row["status"],
        f"{row['completed_epoch']}/{row['epochs']}",
        _number(row["accuracy"], ".4f"),
        _number(row["loss"], ".4g"),
        _number(row["seconds"], ".1f"),
        in_words(size) if size else "-",
        f"{int(row['gradient_rows']):,}" if kept_rows else "statistics alone",
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
