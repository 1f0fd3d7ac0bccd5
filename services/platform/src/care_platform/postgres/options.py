"""Server settings for a connection, as libpq's `options`."""

FEW_ROWS_BY_KEY = (
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    "plan_cache_mode=force_generic_plan",
)
"""For connections whose queries all find few rows by a key. A plan made while the tables were small, or their
statistics outdated, would scan whole tables, and would be kept."""


def options(*settings: str) -> str:
    """The settings, each `name=value`, in effect as long as the connection lasts."""
    return " ".join(f"-c {setting}" for setting in settings)
