"""Leases in place of the server's named locks: which process has a run, and until when.

The table `leases` stays on the way down: taking the lease under which migrations run creates it.
"""

from vanishing_gradients.migrations.steps import add_column, drop_column, require_no_training

revision, down_revision = "0024", "0023"

OWNER = (
    "VARCHAR(64) NULL "
    "COMMENT 'machine, process, its start and a random number; NULL: nobody holds it'"
)
UNTIL = "DATETIME(6) NULL COMMENT 'UTC, by the server''s clock'"


def upgrade() -> None:
    require_no_training()
    add_column("runs", "lease_owner", OWNER)
    add_column("runs", "lease_until", UNTIL)


def downgrade() -> None:
    require_no_training()
    drop_column("runs", "lease_until")
    drop_column("runs", "lease_owner")
