"""Summaries of epochs: epoch_layers and layer_histograms, and views on them."""

import sqlalchemy as sa
from alembic import op

from vanishing_gradients.migrations.steps import (
    create_table_of_runs,
    require_no_training,
    views,
)

revision, down_revision = "0020", "0019"

EXPONENT = "power of two that magnitudes are at least; -1075: cells that are 0"
REPLACED = {
    "epoch_means": 3, "gradient_norms": 4, "step_norms": 4, "update_ratios": 4, "dead_neurons": 3,
    "saturation": 3,
}  # fmt: skip
NEEDLESS = {"epoch_statistics": 3, "experiment_norms": 3}

MISSING = sa.text(
    "SELECT runs.run_id, COALESCE(MAX(summed.epoch), 0) AS epoch FROM runs "
    "LEFT JOIN epoch_layers AS summed ON summed.run_id = runs.run_id "
    "GROUP BY runs.run_id, runs.completed_epoch "
    "HAVING runs.completed_epoch > COALESCE(MAX(summed.epoch), 0) ORDER BY runs.run_id"
)
FILL = sa.text("""
INSERT INTO epoch_layers (
    run_id, layer, epoch, norm, gradient_norm, mean, median, mean_abs, zeros, below_1em3,
    below_1em5, non_finite, steps, mean_norm, std, min, max, weight_norm, update_norm, ratio,
    clipped_norm, clipped, width, dead, fraction, saturated, saturated_neurons
)
WITH steps AS (
    SELECT
        step_statistics.*,
        ROW_NUMBER() OVER (PARTITION BY layer, epoch ORDER BY median DESC, step) AS median_rank,
        COUNT(median) OVER (PARTITION BY layer, epoch) AS medians
    FROM step_statistics
    WHERE run_id = :run_id AND epoch > :epoch
),

of_steps AS (
    SELECT
        layer,
        epoch,
        SUM(row_norm_sum) / NULLIF(SUM(finite_rows), 0) AS norm,
        AVG(gradient_norm) AS gradient_norm,
        SUM(mean * finite_rows) / NULLIF(SUM(finite_rows), 0) AS mean,
        AVG(CASE WHEN median_rank IN ((medians + 1) DIV 2, (medians + 2) DIV 2) THEN median END)
        AS median,
        SUM(mean_abs * finite_rows) / NULLIF(SUM(finite_rows), 0) AS mean_abs,
        SUM(zeros * finite_rows) / NULLIF(SUM(finite_rows), 0) AS zeros,
        SUM(below_1em3 * finite_rows) / NULLIF(SUM(finite_rows), 0) AS below_1em3,
        SUM(below_1em5 * finite_rows) / NULLIF(SUM(finite_rows), 0) AS below_1em5,
        SUM(non_finite) AS non_finite,
        COUNT(gradient_norm) AS steps,
        CASE
            WHEN MAX(gradient_norm) < '1e-140'
                THEN STDDEV_SAMP(LEAST(gradient_norm, CAST('1e-140' AS DOUBLE)) * '1e200') / '1e200'
            ELSE STDDEV_SAMP(gradient_norm)
        END AS std,
        MIN(gradient_norm) AS min,
        MAX(gradient_norm) AS max,
        AVG(weight_norm) AS weight_norm,
        AVG(update_norm) AS update_norm,
        AVG(CASE WHEN weight_norm > 0 THEN update_norm / GREATEST(weight_norm,
            update_norm / CAST('1e300' AS DOUBLE)) END) AS ratio,
        AVG(clipped_norm) AS clipped_norm,
        AVG(CASE WHEN clipped_norm < CAST('0.9999' AS DOUBLE) * gradient_norm THEN CAST(1 AS DOUBLE)
            WHEN clipped_norm IS NOT NULL THEN CAST(0 AS DOUBLE) END) AS clipped,
        SUM(CASE WHEN saturated IS NOT NULL THEN row_count END) AS samples
    FROM steps
    GROUP BY layer, epoch
),

of_neurons AS (
    SELECT
        neurons.layer,
        neurons.epoch,
        COUNT(*) AS width,
        SUM(neurons.cells > 0 AND neurons.zeros = neurons.cells) AS dead,
        AVG(CAST(neurons.saturated AS DOUBLE) / NULLIF(of_steps.samples, 0)) AS saturated,
        SUM(neurons.saturated = of_steps.samples) AS saturated_neurons
    FROM neuron_statistics AS neurons
    INNER JOIN of_steps ON of_steps.layer = neurons.layer AND of_steps.epoch = neurons.epoch
    WHERE neurons.run_id = :run_id AND neurons.epoch > :epoch
    GROUP BY neurons.layer, neurons.epoch
)

SELECT
    :run_id, of_steps.layer, of_steps.epoch, norm, gradient_norm, mean, median, mean_abs, zeros,
    below_1em3, below_1em5, non_finite, steps, gradient_norm, std, min, max, weight_norm,
    update_norm, ratio, clipped_norm, clipped, width, dead,
    CAST(dead AS DOUBLE) / NULLIF(width, 0), saturated, saturated_neurons
FROM of_steps
LEFT JOIN of_neurons ON of_neurons.layer = of_steps.layer AND of_neurons.epoch = of_steps.epoch
""")

replace, go_back = views(replaced=list(REPLACED), **REPLACED, gradient_histograms=1, noise_scales=1)
restore, drop_needless = views(**NEEDLESS)


def upgrade() -> None:
    require_no_training()
    create_table_of_runs(
        "epoch_layers",
        ("layer", "epoch"),
        *doubles("norm", "gradient_norm", "mean", "median", "mean_abs"),
        *doubles("zeros", "below_1em3", "below_1em5"),
        sa.Column("non_finite", sa.BigInteger, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        *doubles("mean_norm", "std", "min", "max", "weight_norm", "update_norm", "ratio"),
        *doubles("clipped_norm", "clipped"),
        sa.Column("width", sa.Integer),
        sa.Column("dead", sa.Integer),
        *doubles("fraction", "saturated"),
        sa.Column("saturated_neurons", sa.Integer),
        *doubles("mean_square", "square_of_mean", "noise_scale"),
    )
    create_table_of_runs(
        "layer_histograms",
        ("layer", "epoch", "step"),
        sa.Column("exponent", sa.Integer, primary_key=True, autoincrement=False, comment=EXPONENT),
        sa.Column("cells", sa.Integer, nullable=False),
    )
    fill()
    replace()
    drop_needless()


def doubles(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double) for name in names]


def fill() -> None:
    """Summarize what is not summarized yet, one run per transaction."""
    connection = op.get_bind()
    for run in connection.execute(MISSING).mappings().all():
        connection.execute(FILL, dict(run))
        connection.commit()


def downgrade() -> None:
    require_no_training()
    restore()
    go_back()
    op.drop_table("layer_histograms", if_exists=True)
    op.drop_table("epoch_layers", if_exists=True)
