"""Runs of models that another loop trains, of which much is unknown."""

import sqlalchemy as sa

from vanishing_gradients.migrations.steps import (
    add_column,
    change_column,
    create_table_of_runs,
    drop_column,
    drop_table,
    execute,
    require_no_training,
    require_no_watched_runs,
    views,
)

revision, down_revision = "0022", "0021"

KNOWN_TO_A_TRAINER = {
    "runs": {
        "seed": "BIGINT",
        "dataset": "VARCHAR(32)",
        "dataset_sha256": "VARCHAR(64)",
        "training_images": "INTEGER",
        "epochs": "INTEGER",
    },
    "epoch_metrics": {
        "accuracy": "DOUBLE",
        "test_accuracy": "DOUBLE",
        "learning_rate": "DOUBLE",
    },
}
HELD_OUT = " COMMENT 'over the test set; of a model that is watched, over data held out'"
COMMENTS = {"test_accuracy": HELD_OUT}
SOURCE = "VARCHAR(8) NOT NULL DEFAULT 'trainer' COMMENT 'who trained: trainer, torch, keras or jax'"
RECORDED_AT = (
    "VARCHAR(15) NOT NULL DEFAULT 'before_clipping' "
    "COMMENT 'what was recorded of gradients that were clipped: before_clipping or as_stepped'"
)
SOURCE_NAME = "VARCHAR(255) NULL COMMENT 'the name of the parameter or module in its own model'"
TENSOR = "JSON NULL COMMENT 'shape and type of the tensor, and other names of it'"
KEPT = (
    "VARCHAR(10) NOT NULL DEFAULT 'full' "
    "COMMENT 'full: every gradient has its row; or statistics alone'"
)
PARAMETERS = "BIGINT NULL COMMENT 'weights of the layer; NULL: it has none'"
FROZEN = "BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'whether it was not trained when the run began'"
FILL = (
    "UPDATE layers INNER JOIN runs ON runs.run_id = layers.run_id SET layers.kept = runs.telemetry "
    "WHERE layers.kept <> runs.telemetry",
    "UPDATE layers SET parameters = row_count * width WHERE row_meaning = 'input'",
)
VERSIONS = {
    "expected_rows": 4, "training_curves": 3, "experiment_summary": 3, "run_provenance": 3,
    "layer_sizes": 3, "gradient_norm_ratios": 4,
}  # fmt: skip

replace, go_back = views(replaced=list(VERSIONS), **VERSIONS)


def upgrade() -> None:
    require_no_training()
    allow("NULL")
    add_column("runs", "source", SOURCE)
    add_column("runs", "recorded_at", RECORDED_AT)
    add_column("layers", "source_name", SOURCE_NAME)
    add_column("layers", "tensor", TENSOR)
    add_column("layers", "kept", KEPT)
    add_column("layers", "parameters", PARAMETERS)
    add_column("layers", "frozen", FROZEN)
    for statement in FILL:
        execute(statement)
    create_table_of_runs("recorded_steps", ("epoch", "step"), sa.Column("samples", sa.Integer))
    replace()


def downgrade() -> None:
    require_no_training()
    require_no_watched_runs()
    go_back()
    drop_table("recorded_steps")
    for column in ("frozen", "parameters", "kept", "tensor", "source_name"):
        drop_column("layers", column)
    for column in ("recorded_at", "source"):
        drop_column("runs", column)
    allow("NOT NULL")


def allow(null: str) -> None:
    for table, kinds in KNOWN_TO_A_TRAINER.items():
        for column, kind in kinds.items():
            change_column(table, column, f"{kind} {null}{COMMENTS.get(column, '')}")
