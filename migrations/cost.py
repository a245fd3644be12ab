"""Estimates how long a migration will take and how much space it needs, before it starts."""

from sqlalchemy import Connection, text

from vanishing_gradients.sql.objects import newest_views
from vanishing_gradients.sql.registry import registered_shapes

SECONDS_A_VIEW = 0.025
"""Seconds to recreate a view, mostly for those that read a layer's cells."""
KILOBYTES_A_VIEW = 20
STEPS_A_SECOND = 100_000
"""Rows of step_statistics summarized per second, one per layer and step: on two busy cores."""
STEPS = text(
    "SELECT table_rows AS steps FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = 'step_statistics'"
)
GRADIENT_TABLES = text(
    "SELECT COUNT(*) FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND index_name = 'norm_and_mean' AND seq_in_index = 1"
)


def forecast(connection: Connection, renaming: bool, summing: bool) -> str | None:
    """Describe the cost of moving a database between versions; None if it is negligible.

    `renaming` says that columns of gradient tables are renamed on the way, `summing` that the
    statistics of steps are summarized by epoch.
    """
    said = []
    if shapes := registered_shapes(connection):
        views = sum(len(list(each.names(shapes))) for each in newest_views())
        said.append(
            f"Up to {views:,} views are recreated, which may take {_time(views * SECONDS_A_VIEW)} "
            f"and {max(1, views * KILOBYTES_A_VIEW // 1000):,} MB of space."
        )
    if shapes and renaming:
        said.append(
            f"Columns of {connection.scalar(GRADIENT_TABLES):,} gradient tables are renamed "
            "in place: no row is copied."
        )
    if summing and (steps := connection.scalar(STEPS)):
        said.append(
            f"Statistics of about {steps:,} steps of layers are summarized, which may take "
            f"{_time(steps / STEPS_A_SECOND)}."
        )
    return " ".join(said) or None


def _time(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / 60)} min"
