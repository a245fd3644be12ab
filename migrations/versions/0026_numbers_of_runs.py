"""On OceanBase, the numbers of runs do not jump by a million when the server starts again."""

from alembic import op

from vanishing_gradients.migrations.steps import execute, require_no_training
from vanishing_gradients.sql.connection import brand_of

revision, down_revision = "0026", "0025"


def upgrade() -> None:
    _reserve(1)


def downgrade() -> None:
    _reserve(1_000_000)


def _reserve(numbers: int) -> None:
    """Let the server reserve so many numbers at once; what it has not used by its end is lost."""
    require_no_training()
    if brand_of(op.get_bind()).reserves_numbers:
        execute(f"ALTER TABLE runs AUTO_INCREMENT_CACHE_SIZE = {numbers:d}")
