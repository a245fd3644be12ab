"""All SQL and all connections: tables, views, accounts, and the checks of a server."""
