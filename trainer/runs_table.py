"""The list of runs that `make runs` prints."""

from pathlib import Path

from rich.table import Table
from sqlalchemy import Engine, text

import sql
from sql.errors import ObjectError
from sql.registry import missing_catalogue

QUERY = Path(sql.__file__).parent / "queries" / "runs.sql"
HEADINGS = (
    "run", "experiment", "data set", "seed", "precision", "telemetry", "status",
    "epochs", "accuracy", "loss", "seconds", "gradient rows",
)  # fmt: skip


def runs_table(engine: Engine) -> Table:
    """Return one line a run, the oldest first; raises ObjectError where there is no catalogue."""
    with engine.connect() as connection:
        if missing_catalogue(connection):
            raise ObjectError("The database has no catalogue tables yet: run `make migrate`.")
        rows = connection.execute(text(QUERY.read_text(encoding="utf-8"))).mappings().all()
    table = Table(
        *HEADINGS,
        caption=None if rows else "No run yet: `make train EXP=sigmoid_sgd` makes the first.",
    )
    for row in rows:
        table.add_row(
            str(row["run_id"]),
            row["experiment"],
            row["dataset"],
            str(row["seed"]),
            row["precision"],
            row["telemetry"],
            row["status"],
            f"{row['completed_epoch']}/{row['epochs']}",
            _number(row["accuracy"], ".4f"),
            _number(row["loss"], ".4f"),
            _number(row["seconds"], ".1f"),
            f"{int(row['gradient_rows']):,}",
        )
    return table


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
