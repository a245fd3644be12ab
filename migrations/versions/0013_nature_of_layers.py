"""Rename `rows`, a reserved word, to row_count; store what a layer's kind used to imply."""

import sqlalchemy as sa
from alembic import op

from vanishing_gradients.migrations.steps import add_column, drop_column, rename_column

revision, down_revision = "0013", "0012"

LAYERS = sa.table(
    "layers",
    *map(sa.column, ("kind", "row_meaning", "gain", "flat")),
)
MEANING = "COMMENT 'what a row of the gradient is of: input (of the weights), sample or element'"
GAIN = "COMMENT 'of an activation: the factor that initial weights take'"
FLAT_SIDES = "COMMENT 'where the slope of an activation goes to 0: both or below'"
WITH_WEIGHTS = ("dense", "projection")
GAINS = {
    "identity": 1.0,
    "sigmoid": 4.0,
    "tanh": 1.0,
    "softplus": 2.0,
    "relu": 2.0**0.5,
    "leaky_relu": (2.0 / (1.0 + 0.01**2)) ** 0.5,
    "prelu": (2.0 / (1.0 + 0.25**2)) ** 0.5,
    "elu": 1.2451983007,
    "selu": 1.0,
    "gelu": 1.5335805217,
    "swish": 1.6765324704,
}
FLAT = dict.fromkeys(("sigmoid", "tanh"), "both") | dict.fromkeys(
    ("relu", "elu", "selu", "gelu", "swish", "softplus"), "below"
)
"""Sides on which the slope of an activation goes to 0."""


def upgrade() -> None:
    rename_column("layers", "rows", "row_count")
    add_column("layers", "row_meaning", f"VARCHAR(8) NOT NULL {MEANING} AFTER width")
    add_column("layers", "gain", f"DOUBLE NULL {GAIN} AFTER row_meaning")
    add_column("layers", "flat", f"VARCHAR(8) NULL {FLAT_SIDES} AFTER gain")
    kind = LAYERS.c.kind
    op.execute(
        sa.update(LAYERS)
        .where(LAYERS.c.row_meaning == "")
        .values(
            row_meaning=sa.case((kind.in_(WITH_WEIGHTS), "input"), else_="sample"),
            gain=sa.case(GAINS, value=kind),
            flat=sa.case(FLAT, value=kind),
        )
    )


def downgrade() -> None:
    for name in ("row_meaning", "gain", "flat"):  # without the first, all are filled again
        drop_column("layers", name)
    rename_column("layers", "row_count", "rows")
