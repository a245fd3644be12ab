"""Alembic's history of the catalogue tables and of which version of each view is in force."""
