"""Who may change what of an entry. Each check is pure: given it before and after, it raises a refusal."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from episodes.access import Caller
from episodes.domain.births import FIRST_YEAR, Born
from episodes.domain.refusals import NotAllowed, RuleBroken, Unknown
from episodes.domain.roles import PRIVACY, Role
from episodes.errors import NotThere

FARTHEST_EAST = timezone(timedelta(hours=14))
"""The zone in which a day begins first (Kiribati)."""

SHARED_WITH = (
    "The partner was shared with or referred to for {clients} of the network's clients. Its successor is a"
    " new partner, with new consents. A privacy officer may correct the spelling of the organisation, with a"
    " reason."
)
OUT_OF_RANGE = "A birth date lies between 1900 and today."

State = Mapping[str, Any]


def check_clinic(caller: Caller, clinic: UUID, before: State | None, after: State) -> None:
    """A clinic is changed by its own people."""
    if not caller.may_act_for(clinic):
        raise NotThere


def check_staff(caller: Caller, person: UUID, before: State | None, after: State) -> None:
    """A member of staff is changed where they work, and their licences by others than themselves."""
    here, there = _clinics(before), _clinics(after)
    if caller.clinics is not None and caller.clinics.isdisjoint(there if before is None else here):
        raise NotThere if before else Unknown("unknown-clinic", "/clinics")
    check_clinics(caller, here ^ there)
    licences = [] if before is None else before["licences"]
    if caller.actor.id == person and caller.actor.role != Role.SERVICE and after["licences"] != licences:
        raise NotAllowed("own-licence", "/licences")


def check_partner(caller: Caller, partner: UUID, before: State | None, after: State) -> None:
    """Partners belong to the whole network: whoever may write one may write each."""


def check_shared_with(caller: Caller, before: State, after: State, reason: str | None, clients: int) -> None:
    """Refuses to make another of a partner that clients have consented to share with, or were referred to: a
    consent would follow whoever takes the id. How its organisation is spelt may be corrected.
    """
    if not clients:
        return
    spelt = before["kind"] == after["kind"] and reason is not None
    if not (spelt and caller.actor.role == Role.PRIVACY_OFFICER):
        changed = "kind" if before["kind"] != after["kind"] else "organisation"
        raise RuleBroken("partner-shared-with", f"/{changed}", SHARED_WITH.format(clients=clients))


def check_clinics(caller: Caller, named: Collection[UUID]) -> None:
    """Refuses clinics that the caller may not act for, as if they did not exist."""
    if not all(map(caller.may_act_for, named)):
        raise Unknown("unknown-clinic", "/clinics")


def _clinics(state: State | None) -> frozenset[UUID]:
    return frozenset() if state is None else frozenset(map(UUID, state["clinics"]))


def check_birth(before: State, after: State, now: datetime) -> None:
    """Refuses a birth in the future, wherever it is today already, and one before 1900.

    What is there already may be sent again.
    """
    for field in ("birth_date", "born"):
        said = after.get(field)
        if said is None or said == before.get(field):
            continue
        today = now.astimezone(FARTHEST_EAST).date()
        if int(said[:4]) < FIRST_YEAR or Born.of(said).first > today:
            raise RuleBroken("birth-date-out-of-range", f"/{field}", OUT_OF_RANGE)


def may_move_numbers(caller: Caller) -> bool:
    """Whether the caller may take a partner's number for a client away, or put another in its place."""
    return caller.actor.role in PRIVACY
