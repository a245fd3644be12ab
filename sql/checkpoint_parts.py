"""Statements that give the table of checkpoints a column of parts, and take it away."""

IN_PARTS = (
    "ALTER TABLE checkpoints ADD part INTEGER NOT NULL AFTER epoch, "
    "DROP PRIMARY KEY, ADD PRIMARY KEY (run_id, epoch, part)"
)
WHOLE = "ALTER TABLE checkpoints DROP part, DROP PRIMARY KEY, ADD PRIMARY KEY (run_id, epoch)"
