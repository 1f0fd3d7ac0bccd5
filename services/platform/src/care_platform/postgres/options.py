"""Server settings for a connection, as libpq's `options`: those that we depend on, whatever else is set.

An administrator may set any of them for a database or a role. `default_transaction_read_only` is not among
them: a store that is to take no writes must be noticed, not overruled.
"""

from psycopg.conninfo import conninfo_to_dict

SESSION = "care.session=ours"
"""Has no effect. A connection that does not know it has lost the others, too."""

PINNED = (
    SESSION,
    "client_encoding=UTF8",  # names hold any script; another encoding refuses to read some
    "datestyle=ISO,MDY",  # psycopg reads times in no other style
    "intervalstyle=postgres",  # the same for intervals
    "timezone=UTC",  # what PostgreSQL writes as text, such as times in JSON, is in UTC
    "bytea_output=hex",  # psycopg reads bytes sent as text in both forms; one of them is tested
    "extra_float_digits=1",  # a number comes back as it was stored
    "standard_conforming_strings=on",  # otherwise psycopg writes arrays of bytes wrongly
    "backslash_quote=safe_encoding",
    "array_nulls=on",  # a NULL in an array sent as text is none otherwise, but the word
    "transform_null_equals=off",
    "quote_all_identifiers=off",  # names in the catalog are compared with the table of grants
    "search_path=public",  # where the tables are; nobody's table of the same name stands before one of ours
    "row_security=on",  # off refuses every query that row security would narrow
    "default_transaction_isolation=read\\ committed",  # who waited for a lock sees what its holder committed
    "default_transaction_deferrable=off",
    "synchronous_commit=on",  # what was answered is on the disk; turned off only for what can be made anew
)
"""In effect on every connection of both services, those of migrations and of operators among them."""

FEW_ROWS_BY_KEY = (
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    "plan_cache_mode=force_generic_plan",
)
"""For connections whose queries all find few rows by a key. A plan made while the tables were small, or their
statistics outdated, would scan whole tables, and would be kept."""


def options(url: str, *settings: str) -> str:
    """Those of the address, then what is pinned, then `settings`, each `name=value`: the last one counts.

    They are in effect as long as the connection lasts. Raises `ProgrammingError` for an unreadable address.
    """
    ours = (f"-c {setting}" for setting in (*PINNED, *settings))
    return " ".join([str(conninfo_to_dict(url).get("options") or ""), *ours]).strip()
