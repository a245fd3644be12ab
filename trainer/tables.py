"""The tables that `make runs` and `make experiments` print."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from sqlalchemy import Engine, RowMapping, text

from vanishing_gradients.sql.queries import query
from vanishing_gradients.sql.registry import require_migrated
from vanishing_gradients.telemetry.lock import mark_orphans
from vanishing_gradients.telemetry.space import in_words, run_sizes
from vanishing_gradients.trainer import experiments

TEXTS = ("experiment", "data set", "precision", "status")
FIRST = "No run yet: `make train EXP=sigmoid_sgd` makes the first."


def experiments_table() -> str:
    """Return the built-in experiments, a line each, below the titles of their groups and topics."""
    width = max(map(len, experiments.built_in()))
    lines = []
    for group, title in experiments.GROUPS.items():
        lines += ["", title]
        for topic, names in experiments.topics(group).items():
            lines += [f"  {topic}"] if topic else []
            lines += [f"    {name:{width}}  {experiments.load(name).description}" for name in names]
    return "\n".join(lines[1:])


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
    lines = [_cells(row, sizes.get(row["run_id"], 0)) for row in rows]
    below = {
        "run": "total",
        "size": in_words(sum(sizes.values())),
        "gradient rows": f"{sum(int(row['gradient_rows']) for row in rows):,}",
    }
    for heading in lines[0]:
        side = "left" if heading in TEXTS else "right"
        table.add_column(heading, below.get(heading, ""), justify=side, overflow="fold")
    for line in lines:
        table.add_row(*line.values())
    return table


def _cells(row: RowMapping, size: int) -> dict[str, str]:
    """Return what a run's line says, by heading."""

    def number(name: str, form: str) -> str:
        return "-" if row[name] is None else format(row[name], form)

    return {
        "run": str(row["run_id"]),
        "experiment": row["experiment"],
        "data set": row["dataset"],
        "seed": str(row["seed"]),
        "precision": row["float_type"],
        "status": row["status"],
        "epochs": f"{row['completed_epoch']}/{row['epochs']}",
        "accuracy": number("accuracy", ".4f"),
        "loss": number("loss", ".4g"),
        "seconds": number("seconds", ".1f"),
        "size": in_words(size) if size else "-",
        "gradient rows": f"{int(row['gradient_rows']):,}"
        if row["telemetry"] == "full"
        else "statistics alone",
    }
