"""`If-Match`, as RFC 9110 (13.1.1) has it: `*`, or a list of entity tags, compared strongly."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from care_platform.http.malformed import Malformed
from episodes.errors import Moved, PreconditionRequired

_MEMBER = re.compile(r'[ \t,]*(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?=,|$)|$)')
_VERSION = re.compile("0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions one of which a request expects; None for any, as long as there is one."""

    versions: frozenset[int] | None

    def allows(self, version: int) -> bool:
        return self.versions is None or version in self.versions


def if_match(request: Request) -> Expected | None:
    """What the caller expects; None if it does not say. Raises `Malformed`.

    A weak tag, or one that we never gave, matches nothing.
    """
    lines = request.headers.getlist("if-match")
    if not lines:
        return None
    header = ",".join(lines).strip(" \t")
    return Expected(None if header == "*" else _versions(header))


def etag(version: int) -> str:
    return f'"{version}"'


def _versions(header: str) -> frozenset[int]:
    tags: list[tuple[str | None, str]] = []
    place = 0
    while place < len(header):
        member = _MEMBER.match(header, place)
        if member is None:
            raise Malformed("/headers/if-match", "etag")
        if member[2] is not None:
            tags.append((member[1], member[2]))
        place = member.end()
    if not tags:
        raise Malformed("/headers/if-match", "etag")
    return frozenset(int(tag) for weak, tag in tags if weak is None and _VERSION.fullmatch(tag))


def refuse_unexpected(expected: Expected | None, version: int) -> None:
    """A change of an entry says which version it replaces. Raises `PreconditionRequired` or `Moved`."""
    if expected is None:
        raise PreconditionRequired
    if not expected.allows(version):
        raise Moved(version)
