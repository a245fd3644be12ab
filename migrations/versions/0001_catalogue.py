"""The catalogue: runs and what belongs to them, and which version of each view is in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from vanishing_gradients.migrations.steps import create_table, create_table_of_runs, key_columns

revision, down_revision = "0001", None

MOMENT = mysql.DATETIME(fsp=6)


def _given(kind: sa.types.TypeEngine, *names: str) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _optional(kind: sa.types.TypeEngine, *names: str) -> list[sa.Column]:
    return [sa.Column(name, kind) for name in names]


def upgrade() -> None:
    whole, large, real = sa.Integer(), sa.BigInteger(), sa.Double()
    create_table(
        "runs",
        sa.Column("run_id", sa.Integer, primary_key=True),
        *_given(sa.String(32), "experiment"),
        *_given(large, "seed"),
        *_given(sa.String(32), "dataset"),
        *_given(sa.String(64), "dataset_sha256"),
        *_given(sa.String(6), "precision"),
        *_given(sa.String(10), "telemetry"),
        *_given(whole, "record_every", "training_images", "epochs"),
        *_given(mysql.JSON(), "config"),
        *_optional(sa.String(40), "git_commit"),
        *_given(mysql.JSON(), "package_versions"),
        *_given(sa.String(11), "status"),
        *_given(MOMENT, "started_at"),
        *_optional(MOMENT, "finished_at"),
        *_given(whole, "completed_epoch"),
    )
    if not key_columns("runs", "ix_runs_experiment"):
        op.create_index("ix_runs_experiment", "runs", ["experiment"])
    create_table_of_runs(
        "layers",
        ["layer"],
        *_given(sa.String(40), "layer_name"),
        *_given(sa.String(24), "kind"),
        *_given(whole, "rows", "width"),
    )
    create_table_of_runs(
        "epoch_metrics",
        ["epoch"],
        *_optional(real, "loss"),
        *_given(real, "accuracy"),
        *_optional(real, "validation_loss"),
        *_given(real, "validation_accuracy", "learning_rate", "seconds"),
    )
    create_table_of_runs(
        "step_statistics",
        ["layer", "epoch", "step"],
        *_given(whole, "rows", "finite_rows"),
        *_optional(real, "row_norm_sum", "mean", "median", "mean_abs", "gradient_norm", "zeros"),
        *_optional(real, "below_1e3", "below_1e5"),
        *_given(large, "non_finite"),
        *_optional(real, "min", "max"),
    )
    create_table_of_runs(
        "telemetry_progress",
        ["layer", "epoch", "first_step"],
        *_given(whole, "last_step", "rows"),
        *_given(MOMENT, "loaded_at"),
    )
    content, created = _given(mysql.LONGBLOB(), "state"), _given(MOMENT, "created_at")
    create_table_of_runs("checkpoints", ["epoch"], *content, *created)
    view = sa.Column("view_name", sa.String(40), primary_key=True)
    create_table("view_versions", view, *_given(whole, "version"), *_given(MOMENT, "applied_at"))


def downgrade() -> None:
    of_runs = ("checkpoints", "telemetry_progress", "step_statistics", "epoch_metrics", "layers")
    for name in ("view_versions", *of_runs, "runs"):
        op.drop_table(name, if_exists=True)
