"""What stored events say in clear, read by the database: nothing is fetched or opened for it.

A header is compact JSON, in which a quotation mark within a text follows a backslash: so a member is found
by its name, and no text passes for one. What cannot be read is NULL.
"""

CLEAR = """CASE WHEN octet_length(state) > 5 THEN encode(substring(state FROM 6 FOR
    get_byte(substring(state FOR 5), 3) * 256 + get_byte(substring(state FOR 5), 4)), 'escape') END"""
"""The header of a row of the log, as text. It is shorter than 64 KiB, so two bytes of its length suffice."""

EVENT_ID = "substring(state FROM 19 FOR 36)"


def sequence_in(header: str) -> str:
    return f"""{_member(header, '"sequence":', 16)} FROM '^[0-9]{{1,15}}')::bigint"""


def recorded_in(header: str) -> str:
    """When it was recorded, in UTC: a text, which under the collation C has the order of time."""
    return f"""({_member(header, '"recorded_at":"', 32)} FROM '^[0-9T:.-]+Z') COLLATE "C")"""


def clinic_in(header: str) -> str:
    return f"""{_member(header, '"clinic":"', 36)} FROM '^[0-9a-f-]{{36}}$')::uuid"""


def naming(network: str) -> str:
    """What the header of each event of a network has in it."""
    return f'"network":"{network}"'


def _member(header: str, name: str, length: int) -> str:
    """What follows a name, cut short: a regular expression over a whole header takes ten times as long."""
    return f"substring(left(split_part({header}, '{name}', 2), {length})"
