"""Connects Alembic to the database through the connection that migrations/history.py passes."""

from alembic import context

from vanishing_gradients.sql.catalogue import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
