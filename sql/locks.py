"""Named locks of the server, which end with the session that took them: the statements."""

A_YEAR = 31_536_000  # seconds, the longest that a server lets a session be silent

TAKE = "SELECT GET_LOCK(:name, 0)"  # 1 if the session has it now, 0 if another has it
GIVE_BACK = "DO RELEASE_LOCK(:name)"
IS_MINE = "SELECT IS_USED_LOCK(:name) = CONNECTION_ID()"
IS_FREE = "SELECT IS_FREE_LOCK(:name)"
KEEP_SILENT_SESSION = f"SET SESSION wait_timeout = {A_YEAR}"
"""A session that only holds a lock is silent for hours, and silent ones are closed."""
LONGEST_NAME = 64
THIS_DATABASE = "SELECT DATABASE()"
