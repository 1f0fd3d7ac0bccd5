"""What a connection asks of the server, as libpq's `options`."""

FEW_ROWS_BY_KEY = (
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    "plan_cache_mode=force_generic_plan",
)
"""For connections whose every query finds few rows by a key. A plan made while the tables were small, or with
their statistics behind, would read them whole, and be kept."""


def options(*settings: str) -> str:
    """The settings, each `name=value`, for as long as the connection lasts."""
    return " ".join(f"-c {setting}" for setting in settings)
