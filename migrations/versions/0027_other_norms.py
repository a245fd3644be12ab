"""Norms of other orders of a layer's gradient, and Equation 4's ratio."""

import sqlalchemy as sa
from alembic import op

from vanishing_gradients.migrations.steps import (
    add_column,
    drop_column,
    require_no_training,
    views,
)

revision, down_revision = "0027", "0026"

ADDED = ("norm_1", "norm_max")
MISSING = sa.text(
    "SELECT run_id FROM epoch_layers GROUP BY run_id "
    "HAVING COUNT(norm_max) = 0 AND COUNT(mean_abs) > 0 ORDER BY run_id"
)
FILL = sa.text("""
UPDATE epoch_layers AS summed
INNER JOIN (
    SELECT
        steps.layer,
        steps.epoch,
        CASE WHEN MAX(steps.mean_abs) < CAST('1e290' AS DOUBLE) THEN
            AVG(LEAST(steps.mean_abs, CAST('1e290' AS DOUBLE)) * steps.finite_rows * layers.width)
        END AS norm_1,
        CASE WHEN MAX(GREATEST(steps.max, -steps.min)) < CAST('1e300' AS DOUBLE) THEN
            AVG(LEAST(GREATEST(steps.max, -steps.min), CAST('1e300' AS DOUBLE)))
        END AS norm_max
    FROM step_statistics AS steps
    INNER JOIN layers ON layers.run_id = steps.run_id AND layers.layer = steps.layer
    WHERE steps.run_id = :run_id AND steps.finite_rows > 0
    GROUP BY steps.layer, steps.epoch
) AS found ON found.layer = summed.layer AND found.epoch = summed.epoch
SET summed.norm_1 = found.norm_1, summed.norm_max = found.norm_max
WHERE summed.run_id = :run_id
""")
REPLACED = {"step_norms": 5, "gradient_norm_ratios": 5}

replace, go_back = views(replaced=list(REPLACED), **REPLACED)


def upgrade() -> None:
    require_no_training()
    for name in ADDED:
        add_column("epoch_layers", name, "DOUBLE NULL")
    connection = op.get_bind()
    for run_id in connection.scalars(MISSING).all():
        connection.execute(FILL, {"run_id": run_id})
        connection.commit()
    replace()


def downgrade() -> None:
    require_no_training()
    go_back()
    # The last one first: the way up looks at it for what it has to fill again after a stop here.
    for name in reversed(ADDED):
        drop_column("epoch_layers", name)
