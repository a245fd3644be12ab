"""The catalogue: runs and what belongs to them, and which version of each view is in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from vanishing_gradients.migrations.steps import key_columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPTIONS = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_ci",
}
MOMENT = mysql.DATETIME(fsp=6)


def _of_a_run(name: str, keys: list[str], *columns: sa.Column) -> None:
    op.create_table(
        name,
        sa.Column(
            "run_id", sa.Integer, sa.ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True
        ),
        *(sa.Column(key, sa.Integer, primary_key=True, autoincrement=False) for key in keys),
        *columns,
        if_not_exists=True,
        **OPTIONS,
    )


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer, primary_key=True),
        sa.Column("experiment", sa.String(32), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("dataset_sha256", sa.String(64), nullable=False),
        sa.Column("precision", sa.String(6), nullable=False),
        sa.Column("telemetry", sa.String(10), nullable=False),
        sa.Column("record_every", sa.Integer, nullable=False),
        sa.Column("training_images", sa.Integer, nullable=False),
        sa.Column("epochs", sa.Integer, nullable=False),
        sa.Column("config", mysql.JSON, nullable=False),
        sa.Column("git_commit", sa.String(40)),
        sa.Column("package_versions", mysql.JSON, nullable=False),
        sa.Column("status", sa.String(11), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("completed_epoch", sa.Integer, nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )
    if not key_columns("runs", "ix_runs_experiment"):
        op.create_index("ix_runs_experiment", "runs", ["experiment"])
    _of_a_run(
        "layers",
        ["layer"],
        sa.Column("layer_name", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
    )
    _of_a_run(
        "epoch_metrics",
        ["epoch"],
        sa.Column("loss", sa.Double),
        sa.Column("accuracy", sa.Double, nullable=False),
        sa.Column("validation_loss", sa.Double),
        sa.Column("validation_accuracy", sa.Double, nullable=False),
        sa.Column("learning_rate", sa.Double, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
    )
    _of_a_run(
        "step_statistics",
        ["layer", "epoch", "step"],
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("finite_rows", sa.Integer, nullable=False),
        sa.Column("row_norm_sum", sa.Double),
        sa.Column("mean", sa.Double),
        sa.Column("median", sa.Double),
        sa.Column("mean_abs", sa.Double),
        sa.Column("gradient_norm", sa.Double),
        sa.Column("zeros", sa.Double),
        sa.Column("below_1e3", sa.Double),
        sa.Column("below_1e5", sa.Double),
        sa.Column("non_finite", sa.BigInteger, nullable=False),
        sa.Column("min", sa.Double),
        sa.Column("max", sa.Double),
    )
    _of_a_run(
        "telemetry_progress",
        ["layer", "epoch", "first_step"],
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
    )
    _of_a_run(
        "checkpoints",
        ["epoch"],
        sa.Column("state", mysql.LONGBLOB, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "view_versions",
        sa.Column("view_name", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("applied_at", MOMENT, nullable=False),
        if_not_exists=True,
        **OPTIONS,
    )


def downgrade() -> None:
    for name in (
        "view_versions",
        "checkpoints",
        "telemetry_progress",
        "step_statistics",
        "epoch_metrics",
        "layers",
        "runs",
    ):
        op.drop_table(name, if_exists=True)
