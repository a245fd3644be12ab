"""Everything that is SQL or that reaches a server: tables, views, connections, the server itself."""
