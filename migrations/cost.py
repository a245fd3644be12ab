"""How long a migration may take, and what room it needs, said before it begins."""

from sqlalchemy import Connection, text

from vanishing_gradients.sql.objects import newest_views
from vanishing_gradients.sql.registry import registered_shapes

SECONDS_A_VIEW = 0.025
"""To drop a view and make it anew, most of it spent on those that read a layer's cells."""
KILOBYTES_A_VIEW = 20
GRADIENT_TABLES = text(
    "SELECT COUNT(*) FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND index_name = 'norm_and_mean' AND seq_in_index = 1"
)


def forecast(connection: Connection, renaming: bool) -> str | None:
    """Say what moving a database between versions costs; None where no experiment has tables.

    `renaming` says that columns of gradient tables get other names on the way.
    """
    shapes = registered_shapes(connection)
    if not shapes:
        return None
    views = sum(len(list(each.names(shapes))) for each in newest_views())
    seconds = views * SECONDS_A_VIEW
    time = f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / 60)} min"
    said = (
        f"Up to {views:,} views are made anew, which may take {time} and "
        f"{max(1, views * KILOBYTES_A_VIEW // 1000):,} MB of room."
    )
    if renaming:
        said += (
            f" Columns of {connection.scalar(GRADIENT_TABLES):,} gradient tables are renamed where "
            "they are: no row is copied."
        )
    return said
