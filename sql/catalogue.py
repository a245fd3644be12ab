"""The catalogue tables, as SQLAlchemy knows them.

Alembic's migrations create them; a test checks that the two agree.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.mysql import DATETIME, JSON, LONGBLOB

from vanishing_gradients.sql.accounts import COLLATION

metadata = MetaData()
HELD_OUT = "over the test set; of a model that is watched, over data held out"


def _table(name: str, *columns: Column[Any]) -> Table:
    innodb: Any = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": COLLATION}
    return Table(name, metadata, *columns, **innodb)


def _run_id() -> Column[int]:
    return Column(
        "run_id", Integer, ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True
    )


def _numbers(*names: str) -> list[Column[int]]:
    return [Column(name, Integer, primary_key=True, autoincrement=False) for name in names]


def _needed(kind: Any, *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _doubles(*names: str) -> list[Column[float]]:
    return [Column(name, Double) for name in names]


def _lease() -> list[Column[Any]]:
    owner = "machine, process, its start and a random number; NULL: nobody holds it"
    return [
        Column("lease_owner", String(64), comment=owner),
        Column("lease_until", DATETIME(fsp=6), comment="UTC, by the server's clock"),
    ]


runs = _table(
    "runs",
    Column("run_id", Integer, primary_key=True),
    Column("experiment", String(32), nullable=False, index=True),
    Column("seed", BigInteger),
    Column("dataset", String(32)),
    Column("dataset_sha256", String(64)),
    Column("float_type", String(6), nullable=False),
    Column("telemetry", String(10), nullable=False),
    *_needed(Integer, "record_every"),
    Column("training_images", Integer),
    Column("epochs", Integer),
    Column("config", JSON, nullable=False),
    Column("git_commit", String(40)),
    Column("package_versions", JSON, nullable=False),
    Column("status", String(11), nullable=False),
    Column("started_at", DATETIME(fsp=6), nullable=False),
    Column("finished_at", DATETIME(fsp=6)),
    Column("completed_epoch", Integer, nullable=False),
    Column("road", String(8)),
    Column(
        "source",
        String(8),
        nullable=False,
        server_default="trainer",
        comment="who trained: trainer, torch, keras or jax",
    ),
    Column(
        "recorded_at",
        String(15),
        nullable=False,
        server_default="before_clipping",
        comment="what was recorded of gradients that were clipped: before_clipping or as_stepped",
    ),
    Column(
        "remedy_of",
        Integer,
        comment="the run that this one tries a remedy of; NULL: it is none",
    ),
    *_lease(),
)
"""Known for every run of the trainer, but possibly not for a watched model: seed, data set, number
of images, epochs."""

layers = _table(
    "layers",
    _run_id(),
    *_numbers("layer"),
    Column("layer_name", String(40), nullable=False),
    Column("kind", String(24), nullable=False),
    *_needed(Integer, "row_count", "width"),
    Column(
        "row_meaning",
        String(8),
        nullable=False,
        comment="what a row of the gradient is of: input (of the weights), sample or element",
    ),
    Column("gain", Double, comment="of an activation: the factor that initial weights take"),
    Column("flat", String(8), comment="where the slope of an activation goes to 0: both or below"),
    Column(
        "source_name",
        String(255),
        comment="the name of the parameter or module in its own model",
    ),
    Column("tensor", JSON, comment="shape and type of the tensor, and other names of it"),
    Column(
        "kept",
        String(10),
        nullable=False,
        server_default="full",
        comment="full: every gradient has its row; or statistics alone",
    ),
    Column("parameters", BigInteger, comment="weights of the layer; NULL: it has none"),
    Column(
        "frozen",
        Boolean,
        nullable=False,
        server_default=text("FALSE"),
        comment="whether it was not trained when the run began",
    ),
)

epoch_metrics = _table(
    "epoch_metrics",
    _run_id(),
    *_numbers("epoch"),
    Column("loss", Double),
    Column("accuracy", Double),
    Column("test_loss", Double, comment=HELD_OUT),
    Column("test_accuracy", Double, comment=HELD_OUT),
    Column("learning_rate", Double),
    *_needed(Double, "seconds"),
)

recorded_steps = _table(
    "recorded_steps",
    _run_id(),
    *_numbers("epoch", "step"),
    Column("samples", Integer),
)
"""The recorded steps of a watched model, with their number of samples if known; the trainer's steps
follow from its configuration."""

step_statistics = _table(
    "step_statistics",
    _run_id(),
    *_numbers("layer", "epoch", "step"),
    *_needed(Integer, "row_count", "finite_rows"),
    *_doubles("row_norm_sum", "mean", "median", "mean_abs", "gradient_norm"),
    *_doubles("zeros", "below_1em3", "below_1em5"),
    Column("non_finite", BigInteger, nullable=False),
    *_doubles("min", "max", "clipped_norm", "weight_norm", "update_norm", "saturated"),
)

neuron_statistics = _table(
    "neuron_statistics",
    _run_id(),
    *_numbers("layer", "epoch", "neuron"),
    *_needed(BigInteger, "cells", "zeros", "non_finite"),
    Column("magnitude_sum", Double, nullable=False),
    Column("saturated", BigInteger),
)

epoch_layers = _table(
    "epoch_layers",
    _run_id(),
    *_numbers("layer", "epoch"),
    *_doubles("norm", "gradient_norm", "mean", "median", "mean_abs"),
    *_doubles("zeros", "below_1em3", "below_1em5"),
    Column("non_finite", BigInteger, nullable=False),
    Column("steps", Integer, nullable=False),
    *_doubles("mean_norm", "std", "min", "max", "weight_norm", "update_norm", "ratio"),
    *_doubles("clipped_norm", "clipped"),
    Column("width", Integer),
    Column("dead", Integer),
    *_doubles("fraction", "saturated"),
    Column("saturated_neurons", Integer),
    *_doubles("mean_square", "square_of_mean", "noise_scale", "norm_1", "norm_max"),
)
"""The summary of an epoch's steps: the columns of the views that read it, under the same names."""

ZEROS = -1075
"""The exponent of cells that are 0, one below that of the smallest double."""

layer_histograms = _table(
    "layer_histograms",
    _run_id(),
    *_numbers("layer", "epoch", "step"),
    Column(
        "exponent",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment=f"power of two that magnitudes are at least; {ZEROS}: cells that are 0",
    ),
    Column("cells", Integer, nullable=False),
)

telemetry_progress = _table(
    "telemetry_progress",
    _run_id(),
    *_numbers("layer", "epoch", "first_step"),
    *_needed(Integer, "last_step", "row_count"),
    Column("loaded_at", DATETIME(fsp=6), nullable=False),
)

checkpoints = _table(
    "checkpoints",
    _run_id(),
    *_numbers("epoch", "part"),
    Column("state", LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb"), nullable=False),
    Column("created_at", DATETIME(fsp=6), nullable=False),
)

run_pulse = _table(
    "run_pulse",
    _run_id(),
    *_needed(Integer, "epoch", "step"),
    Column("steps", Integer, comment="batches of the epoch; NULL: unknown"),
    *_doubles("loss", "accuracy", "steps_per_second"),
    Column("waiting_rows", BigInteger, nullable=False),
    Column("updated_at", DATETIME(fsp=6), nullable=False, comment="UTC, by the server's clock"),
)
"""How far a run is in an epoch that is not closed yet: loss and accuracy are means of the epoch so
far, NULL if unknown or not finite. A row lives until the epoch closes, or the run ends."""

pulse_layers = _table(
    "pulse_layers",
    _run_id(),
    *_numbers("layer"),
    *_needed(Integer, "epoch", "step"),
    *_doubles("gradient_norm", "norm", "zeros", "below_1em5", "update_ratio"),
    Column("non_finite", BigInteger),
    Column(
        "recent_median",
        Double,
        comment="of gradient_norm at the last 50 recorded steps; NULL before there are 2",
    ),
)
"""The newest step of each layer whose statistics are known, while its epoch is not closed; `norm`
is the mean norm of its rows. Rows live as long as that of `run_pulse`."""

leases = _table("leases", Column("name", String(64), primary_key=True), *_lease())
"""Who works alone on the database itself: `registration` is for tables, views and migrations.
Taking a lease creates the table, before any migration."""

view_versions = _table(
    "view_versions",
    Column("view_name", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("applied_at", DATETIME(fsp=6), nullable=False),
)

gradient_tables = _table(
    "gradient_tables",
    Column("table_name", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
)
"""Which version of sql/tables/gradients_vNN.sql created each gradient table."""
