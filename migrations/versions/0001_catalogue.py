"""The catalogue: runs and what belongs to them, and which version of each view is in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from vanishing_gradients.migrations.steps import create_table, create_table_of_runs, key_columns

revision, down_revision = "0001", None

MOMENT = mysql.DATETIME(fsp=6)


def _given(name: str, kind: sa.types.TypeEngine | type[sa.types.TypeEngine]) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    create_table(
        "runs",
        sa.Column("run_id", sa.Integer, primary_key=True),
        _given("experiment", sa.String(32)),
        _given("seed", sa.BigInteger),
        _given("dataset", sa.String(32)),
        _given("dataset_sha256", sa.String(64)),
        _given("precision", sa.String(6)),
        _given("telemetry", sa.String(10)),
        *(_given(name, sa.Integer) for name in ("record_every", "training_images", "epochs")),
        _given("config", mysql.JSON),
        sa.Column("git_commit", sa.String(40)),
        _given("package_versions", mysql.JSON),
        _given("status", sa.String(11)),
        _given("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        _given("completed_epoch", sa.Integer),
    )
    if not key_columns("runs", "ix_runs_experiment"):
        op.create_index("ix_runs_experiment", "runs", ["experiment"])
    create_table_of_runs(
        "layers",
        ["layer"],
        _given("layer_name", sa.String(40)),
        _given("kind", sa.String(24)),
        *(_given(name, sa.Integer) for name in ("rows", "width")),
    )
    create_table_of_runs(
        "epoch_metrics",
        ["epoch"],
        sa.Column("loss", sa.Double),
        _given("accuracy", sa.Double),
        sa.Column("validation_loss", sa.Double),
        *(_given(name, sa.Double) for name in ("validation_accuracy", "learning_rate", "seconds")),
    )
    create_table_of_runs(
        "step_statistics",
        ["layer", "epoch", "step"],
        *(_given(name, sa.Integer) for name in ("rows", "finite_rows")),
        *(
            sa.Column(name, sa.Double)
            for name in ("row_norm_sum", "mean", "median", "mean_abs", "gradient_norm", "zeros")
        ),
        *(sa.Column(name, sa.Double) for name in ("below_1e3", "below_1e5")),
        _given("non_finite", sa.BigInteger),
        *(sa.Column(name, sa.Double) for name in ("min", "max")),
    )
    create_table_of_runs(
        "telemetry_progress",
        ["layer", "epoch", "first_step"],
        *(_given(name, sa.Integer) for name in ("last_step", "rows")),
        _given("loaded_at", MOMENT),
    )
    create_table_of_runs(
        "checkpoints", ["epoch"], _given("state", mysql.LONGBLOB), _given("created_at", MOMENT)
    )
    create_table(
        "view_versions",
        sa.Column("view_name", sa.String(40), primary_key=True),
        _given("version", sa.Integer),
        _given("applied_at", MOMENT),
    )


def downgrade() -> None:
    of_runs = ("checkpoints", "telemetry_progress", "step_statistics", "epoch_metrics", "layers")
    for name in ("view_versions", *of_runs, "runs"):
        op.drop_table(name, if_exists=True)
