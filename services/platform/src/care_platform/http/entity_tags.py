"""Preconditions on the version of what a request changes: `If-Match` (RFC 9110, 13.1.1)."""

import re
from collections.abc import Sequence

from care_platform.http.malformed import Malformed

_TAG = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_TAGS = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_EACH = re.compile(_TAG)


def expected(lines: Sequence[str]) -> frozenset[str] | None:
    """The tags of which the current one must be one, without quotes. Raises `Malformed`.

    None if any will do: without the header, or with `*`, which asks that the thing exist. A weak tag never
    matches, so it is left out.
    """
    header = ",".join(lines)
    if not lines or header.strip(" \t") == "*":
        return None
    if not _TAGS.fullmatch(header):
        raise Malformed("/headers/if-match", "etag")
    return frozenset(tag for weak, tag in _EACH.findall(header) if not weak)
