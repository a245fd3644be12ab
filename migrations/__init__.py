"""Alembic's history of the catalogue tables and of the installed version of each view."""
