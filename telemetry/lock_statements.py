"""Named locks of the server, which end with the session that took them: the statements."""

A_YEAR = 31_536_000  # seconds, the longest that a server lets a session be silent

TAKE = "SELECT GET_LOCK(:name, :seconds)"  # 1 if the session has it now, 0 if another has it
GIVE_BACK = "DO RELEASE_LOCK(:name)"
IS_MINE = "SELECT IS_USED_LOCK(:name) = CONNECTION_ID()"
IS_FREE = "SELECT IS_FREE_LOCK(:name)"
THIS_SESSION = "SELECT id, host FROM information_schema.processlist WHERE id = CONNECTION_ID()"
SESSION_THAT_HAS_IT = (
    "SELECT id, host FROM information_schema.processlist WHERE id = IS_USED_LOCK(:name)"
)
"""`host` is where the client speaks from, port included: no two sessions have number and host in
common, not even one of before the server was started anew."""
END_SESSION = "KILL {number:d}"
KEEP_SILENT_SESSION = f"SET SESSION wait_timeout = {A_YEAR}"
"""A session that only holds a lock is silent for hours, and silent ones are closed."""
LONGEST_NAME = 64
END_SILENT_SESSION = "SET SESSION wait_timeout = {seconds:d}"
"""What a session whose client was lost still holds, rows it has locked, goes with it."""
THIS_DATABASE = "SELECT DATABASE()"
