"""The ids of the corpus. They are stored in the golden files, so they must never change."""

from uuid import UUID

EPISODE = UUID("0199a000-0000-7000-8000-000000000001")
CLIENT, THERAPIST, PARTNER, SUBJECT, OTHER_STAFF, VISIT = (
    UUID(f"0c000000-0000-4000-8000-00000000000{number}") for number in range(1, 7)
)


def event_id(version: int) -> UUID:
    return UUID(f"0199a000-0000-7000-9000-{version:012d}")
