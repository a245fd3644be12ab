"""${message}"""

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else 'replace_view(op.get_bind(), "name", 2)'}


def downgrade() -> None:
    ${downgrades if downgrades else 'replace_view(op.get_bind(), "name", 1)'}
