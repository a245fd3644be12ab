"""The catalogue tables, as SQLAlchemy knows them.

Alembic's migrations make them, and a test holds the two together.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.mysql import DATETIME, JSON, LONGBLOB

metadata = MetaData()
OPTIONS: Any = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_ci",
}


def _run_id() -> Column[int]:
    return Column(
        "run_id", Integer, ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True
    )


def _number(name: str) -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("experiment", String(32), nullable=False, index=True),
    Column("seed", BigInteger, nullable=False),
    Column("dataset", String(32), nullable=False),
    Column("dataset_sha256", String(64), nullable=False),
    Column("precision", String(6), nullable=False),
    Column("telemetry", String(10), nullable=False),
    Column("record_every", Integer, nullable=False),
    Column("training_images", Integer, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("config", JSON, nullable=False),
    Column("git_commit", String(40)),
    Column("package_versions", JSON, nullable=False),
    Column("status", String(11), nullable=False),
    Column("started_at", DATETIME(fsp=6), nullable=False),
    Column("finished_at", DATETIME(fsp=6)),
    Column("completed_epoch", Integer, nullable=False),
    **OPTIONS,
)

layers = Table(
    "layers",
    metadata,
    _run_id(),
    _number("layer"),
    Column("layer_name", String(40), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    **OPTIONS,
)

epoch_metrics = Table(
    "epoch_metrics",
    metadata,
    _run_id(),
    _number("epoch"),
    Column("loss", Double),
    Column("accuracy", Double, nullable=False),
    Column("validation_loss", Double),
    Column("validation_accuracy", Double, nullable=False),
    Column("learning_rate", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    **OPTIONS,
)

step_statistics = Table(
    "step_statistics",
    metadata,
    _run_id(),
    _number("layer"),
    _number("epoch"),
    _number("step"),
    Column("rows", Integer, nullable=False),
    Column("finite_rows", Integer, nullable=False),
    Column("row_norm_sum", Double),
    Column("mean", Double),
    Column("median", Double),
    Column("mean_abs", Double),
    Column("gradient_norm", Double),
    Column("zeros", Double),
    Column("below_1e3", Double),
    Column("below_1e5", Double),
    Column("non_finite", BigInteger, nullable=False),
    Column("min", Double),
    Column("max", Double),
    Column("clipped_norm", Double),
    Column("weight_norm", Double),
    Column("update_norm", Double),
    Column("saturated", Double),
    **OPTIONS,
)

neuron_statistics = Table(
    "neuron_statistics",
    metadata,
    _run_id(),
    _number("layer"),
    _number("epoch"),
    _number("neuron"),
    Column("cells", BigInteger, nullable=False),
    Column("zeros", BigInteger, nullable=False),
    Column("non_finite", BigInteger, nullable=False),
    Column("magnitude_sum", Double, nullable=False),
    Column("saturated", BigInteger),
    **OPTIONS,
)

telemetry_progress = Table(
    "telemetry_progress",
    metadata,
    _run_id(),
    _number("layer"),
    _number("epoch"),
    _number("first_step"),
    Column("last_step", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("loaded_at", DATETIME(fsp=6), nullable=False),
    **OPTIONS,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _run_id(),
    _number("epoch"),
    _number("part"),
    Column("state", LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb"), nullable=False),
    Column("created_at", DATETIME(fsp=6), nullable=False),
    **OPTIONS,
)

view_versions = Table(
    "view_versions",
    metadata,
    Column("view_name", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("applied_at", DATETIME(fsp=6), nullable=False),
    **OPTIONS,
)
