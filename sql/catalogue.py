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
HELD_OUT = "over the test set; of a model that is watched, over data held out"


def _run_id() -> Column[int]:
    return Column(
        "run_id", Integer, ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True
    )


def _numbers(*names: str) -> list[Column[int]]:
    return [Column(name, Integer, primary_key=True, autoincrement=False) for name in names]


def _doubles(*names: str) -> list[Column[float]]:
    return [Column(name, Double) for name in names]


runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("experiment", String(32), nullable=False, index=True),
    Column("seed", BigInteger, nullable=False),
    Column("dataset", String(32), nullable=False),
    Column("dataset_sha256", String(64), nullable=False),
    Column("float_type", String(6), nullable=False),
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
    *_numbers("layer"),
    Column("layer_name", String(40), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column(
        "row_meaning",
        String(8),
        nullable=False,
        comment="what a row of the gradient is of: input (of the weights), sample or element",
    ),
    Column("gain", Double, comment="of an activation: the factor that initial weights take"),
    Column("flat", String(8), comment="where the slope of an activation goes to 0: both or below"),
    **OPTIONS,
)

epoch_metrics = Table(
    "epoch_metrics",
    metadata,
    _run_id(),
    *_numbers("epoch"),
    Column("loss", Double),
    Column("accuracy", Double, nullable=False),
    Column("test_loss", Double, comment=HELD_OUT),
    Column("test_accuracy", Double, nullable=False, comment=HELD_OUT),
    Column("learning_rate", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    **OPTIONS,
)

step_statistics = Table(
    "step_statistics",
    metadata,
    _run_id(),
    *_numbers("layer", "epoch", "step"),
    Column("row_count", Integer, nullable=False),
    Column("finite_rows", Integer, nullable=False),
    *_doubles("row_norm_sum", "mean", "median", "mean_abs", "gradient_norm"),
    *_doubles("zeros", "below_1em3", "below_1em5"),
    Column("non_finite", BigInteger, nullable=False),
    *_doubles("min", "max", "clipped_norm", "weight_norm", "update_norm", "saturated"),
    **OPTIONS,
)

neuron_statistics = Table(
    "neuron_statistics",
    metadata,
    _run_id(),
    *_numbers("layer", "epoch", "neuron"),
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
    *_numbers("layer", "epoch", "first_step"),
    Column("last_step", Integer, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("loaded_at", DATETIME(fsp=6), nullable=False),
    **OPTIONS,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _run_id(),
    *_numbers("epoch", "part"),
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

gradient_tables = Table(
    "gradient_tables",
    metadata,
    Column("table_name", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    **OPTIONS,
)
"""Which version of sql/tables/gradients_vNN.sql each gradient table was made by."""
