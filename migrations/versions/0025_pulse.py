"""How far runs are within an epoch: run_pulse, pulse_layers, and the view runs_under_way."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from vanishing_gradients.migrations.steps import (
    create_table_of_runs,
    drop_table,
    require_no_training,
    views,
)

revision, down_revision = "0025", "0024"

MEDIAN = "of gradient_norm at the last 50 recorded steps; NULL before there are 2"

create, drop = views(runs_under_way=1)


def upgrade() -> None:
    require_no_training()
    create_table_of_runs(
        "run_pulse",
        (),
        *numbers("epoch", "step"),
        sa.Column("steps", sa.Integer, comment="batches of the epoch; NULL: unknown"),
        *doubles("loss", "accuracy", "steps_per_second"),
        sa.Column("waiting_rows", sa.BigInteger, nullable=False),
        sa.Column(
            "updated_at",
            mysql.DATETIME(fsp=6),
            nullable=False,
            comment="UTC, by the server's clock",
        ),
    )
    create_table_of_runs(
        "pulse_layers",
        ("layer",),
        *numbers("epoch", "step"),
        *doubles("gradient_norm", "norm", "zeros", "below_1em5", "update_ratio"),
        sa.Column("non_finite", sa.BigInteger),
        sa.Column("recent_median", sa.Double, comment=MEDIAN),
    )
    create()


def numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def doubles(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double) for name in names]


def downgrade() -> None:
    require_no_training()
    drop()
    drop_table("pulse_layers")
    drop_table("run_pulse")
