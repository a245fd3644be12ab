"""Where a server is: the one DATABASE_URL names, one in Docker, or a private local one."""
