"""Rename the key to run_id in gradient tables too; the catalogue records each table's version."""

import sqlalchemy as sa
from alembic import op

from vanishing_gradients.migrations.steps import create_table, execute
from vanishing_gradients.sql.names import quoted

revision, down_revision = "0017", "0016"

GRADIENT_TABLES = sa.text(
    "SELECT table_name AS name, column_name AS run FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND index_name = 'norm_and_mean' AND seq_in_index = 1 "
    "ORDER BY table_name"
)
"""Gradient tables, even without rows of any run: the name of their index identifies them."""
SECOND_VERSIONS = sa.text(
    "SELECT table_name AS name FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND column_name = 'SmallNorm'"
)


def upgrade() -> None:
    create_table(
        "gradient_tables",
        sa.Column("table_name", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    connection = op.get_bind()
    second = set(connection.scalars(SECOND_VERSIONS))  # made before a downgrade
    for name in _rename("Run", "run_id"):
        connection.execute(
            sa.text("REPLACE INTO gradient_tables (table_name, version) VALUES (:name, :version)"),
            {"name": name, "version": 2 if name in second else 1},
        )


def downgrade() -> None:
    _rename("run_id", "Run")
    op.drop_table("gradient_tables", if_exists=True)


def _rename(old: str, new: str) -> list[str]:
    """Rename the run's key in every gradient table and return the tables' names."""
    found = op.get_bind().execute(GRADIENT_TABLES).all()
    for name, run in found:
        if run == old:
            execute(f"ALTER TABLE {quoted(name)} RENAME COLUMN {quoted(old)} TO {quoted(new)}")
    return [name for name, _ in found]
