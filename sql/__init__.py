"""Everything that is SQL or reaches a server: tables, views, connections, the server itself."""
