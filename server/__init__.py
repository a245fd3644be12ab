"""The server: the one DATABASE_URL names, one in Docker, or a private local one."""
