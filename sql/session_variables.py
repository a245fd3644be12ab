"""The session variables that must not depend on the server's defaults, and their values.

A server's administrator may change any default, for every client. Of all variables of MySQL 8.4 and
9 and MariaDB 10.11 and newer, these can change the result of a query, or abort a valid statement.
The others affect speed or logging.
"""

from typing import Literal, NamedTuple

from vanishing_gradients.sql.brands import BRANDS, Brand

Flavour = Literal["mysql", "mariadb", "oceanbase"]
MOST = str(2**64 - 1)
LONGEST = str(30 * 86_400 * 10**6)
"""Microseconds: a month."""


class Pinned(NamedTuple):
    """A variable, the SQL of its value, and the risk of other values; `only` one flavour's."""

    name: str
    value: str
    why: str
    only: Flavour | None = None


def at_least(name: str, value: int) -> str:
    """Return the SQL for the server's own value, or for `value` if that is greater."""
    return f"CAST(GREATEST(@@GLOBAL.{name}, {value}) AS SIGNED)"


PINNED = (
    Pinned("time_zone", "'+00:00'", "moments in another zone"),
    Pinned("sql_select_limit", MOST, "leaves out rows without a word"),
    Pinned("max_join_size", MOST, "refuses large joins, error 1104"),
    Pinned("sql_big_selects", "1", "refuses large joins; to be set after max_join_size"),
    Pinned("div_precision_increment", "4", "fewer digits in quotients of whole numbers"),
    Pinned("group_concat_max_len", "1048576", "cuts joined strings"),
    Pinned("max_sort_length", "1024", "sorts names by their first letters only"),
    Pinned("sql_auto_is_null", "0", "IS NULL finds the row inserted last"),
    Pinned("default_week_format", "0", "other numbers of weeks"),
    Pinned("lc_time_names", "'en_US'", "other names of months and days"),
    Pinned("lc_messages", "'en_US'", "errors in words that are not understood here"),
    Pinned("sql_notes", "1", "keeps notes of what a load had to change from being counted"),
    Pinned("sql_quote_show_create", "1", "definitions without quotes around names"),
    Pinned("foreign_key_checks", "1", "rows of runs that are gone stay"),
    Pinned("unique_checks", "1", "keys may come twice"),
    Pinned("sql_safe_updates", "0", "refuses to change rows without a key, error 1175"),
    Pinned("completion_type", "0", "a commit begins the next transaction or ends the session"),
    Pinned("default_storage_engine", "'InnoDB'", "tables without transactions"),
    Pinned("explicit_defaults_for_timestamp", "1", "columns that change by themselves"),
    Pinned("sort_buffer_size", at_least("sort_buffer_size", 262_144), "error 1038"),
    Pinned("wait_timeout", "28800", "ends sessions between two questions, error 2006"),
    Pinned("net_read_timeout", at_least("net_read_timeout", 30), "breaks loads off"),
    Pinned("net_write_timeout", at_least("net_write_timeout", 60), "breaks answers off"),
    Pinned("lock_wait_timeout", "86400", "error 1205 instead of a wait for a table"),
    Pinned("innodb_lock_wait_timeout", "50", "error 1205 instead of a wait for a row"),
    Pinned("transaction_isolation", "'READ-COMMITTED'", "old rows, or locks", "mysql"),
    Pinned("max_execution_time", "0", "ends questions, error 3024", "mysql"),
    Pinned("windowing_use_high_precision", "1", "other sums over windows", "mysql"),
    Pinned("cte_max_recursion_depth", "1000", "ends recursions, error 3636", "mysql"),
    Pinned("information_schema_stats_expiry", "0", "sizes of tables of a day ago", "mysql"),
    Pinned("parser_max_mem_size", MOST, "refuses long statements, error 3170", "mysql"),
    Pinned("tx_isolation", "'READ-COMMITTED'", "old rows, or locks", "mariadb"),
    Pinned("max_statement_time", "0", "ends statements, error 1969", "mariadb"),
    Pinned("max_recursive_iterations", "1000", "ends recursions early", "mariadb"),
    Pinned("standard_compliant_cte", "1", "other answers of recursions", "mariadb"),
    Pinned("max_error_count", "64", "no warning says which cell could not be read", "mariadb"),
    Pinned("innodb_strict_mode", "1", "tables whose rows do not fit", "mariadb"),
    Pinned("check_constraint_checks", "1", "JSON that is none", "mariadb"),
    Pinned("idle_transaction_timeout", "0", "ends sessions in a transaction", "mariadb"),
    Pinned("idle_readonly_transaction_timeout", "0", "ends sessions that read", "mariadb"),
    Pinned("idle_write_transaction_timeout", "0", "ends sessions that write", "mariadb"),
    Pinned("max_session_mem_used", str(2**63 - 1), "ends statements, error 1290", "mariadb"),
    Pinned("tmp_disk_table_size", MOST, "ends sorts and groups, error 1114", "mariadb"),
    Pinned("alter_algorithm", "'DEFAULT'", "refuses changes of tables, error 1846", "mariadb"),
    Pinned("old_mode", "'UTF8_IS_UTF8MB3'", "behaviour of versions before", "mariadb"),
    Pinned("default_regex_flags", "''", "other matches", "mariadb"),
    Pinned("sql_if_exists", "0", "what is not there is no error", "mariadb"),
    Pinned("sql_select_limit", str(2**63 - 1), "leaves out rows without a word", "oceanbase"),
    Pinned("ob_query_timeout", LONGEST, "ends statements after 10 s, error 4012", "oceanbase"),
    Pinned("ob_trx_timeout", LONGEST, "ends transactions, error 4012", "oceanbase"),
    Pinned("ob_trx_idle_timeout", LONGEST, "ends sessions in a transaction", "oceanbase"),
)  # fmt: skip
"""Those that every account may set. Those that MySQL reserves for administrators (binlog_format,
innodb_strict_mode, sql_require_primary_key ...) are checked instead: sql/requirements.py."""


READ_ONLY = tuple({each.read_only for each in BRANDS if each.read_only})
"""The variables that make a session read-only, by whatever name."""


def settings(brand: Brand | type[Brand], read_only: bool = False) -> dict[str, str]:
    """Return the variables to set in a session, in this order, each with the SQL of its value."""
    wanted = (None, *brand.variables)
    found = {each.name: each.value for each in PINNED if each.only in wanted}
    return found | ({brand.read_only: str(int(read_only))} if brand.read_only else {})


def statement(values: dict[str, str]) -> str:
    """Return the statement that sets them all at once."""
    assignments = ", ".join(f"SESSION {name} = {value}" for name, value in values.items())
    return f"SET {assignments}"
