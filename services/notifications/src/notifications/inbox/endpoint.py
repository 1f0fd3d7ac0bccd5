"""`/v1/inbox`: what the staff of a clinic must see and acknowledge."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from care_platform.described_model import DescribedModel
from care_platform.http.parameters import DIGITS, TRUE_OR_FALSE, Id
from care_platform.http.problems import Problem
from notifications.access import Action, Caller
from notifications.http.identity import allowed, only
from notifications.http.problems import documented
from notifications.http.requests import LARGEST_PAGE
from notifications.http.services import Here
from notifications.inbox import postgres as stored
from notifications.inbox.bodies import Acknowledgement, Inbox, InboxItem, TakenBack

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])


class InboxPage(DescribedModel):
    """Which page of the inbox is asked for."""

    acknowledged: Annotated[bool, TRUE_OR_FALSE] | None = None
    """Whether to list items that are acknowledged or those that are not; both if not given."""
    cursor: Id | None = None
    """The `next` of the page before; if not given, the page begins with the newest item."""
    limit: Annotated[int, DIGITS] = Field(50, ge=1, le=LARGEST_PAGE)
    """How many items the page holds at most."""


@router.get("", responses=documented(), dependencies=[only(InboxPage)])
async def read_inbox(
    here: Here,
    who: Annotated[Caller, allowed(Action.READ_INBOX)],
    page: Annotated[InboxPage, Query()],
) -> Inbox:
    """Items of the clinics in the token, newest first. A therapist does not see another therapist's."""
    async with here.database.within(who.network) as db:
        if page.cursor is not None and await stored.find(db, who, page.cursor) is None:
            raise Problem("malformed", errors=[{"pointer": "/query/cursor", "rule": "unknown_cursor"}])
        rows = await stored.newest(db, who, page.acknowledged, page.cursor, page.limit)
    following = rows[-1]["item_id"] if len(rows) == page.limit else None
    return Inbox(items=[_item(row) for row in rows], next=following)


@router.post("/{item_id}/acknowledgement", responses=documented("not-found"), dependencies=[only()])
async def acknowledge_item(
    here: Here, item_id: Id, who: Annotated[Caller, allowed(Action.ACKNOWLEDGE)]
) -> InboxItem:
    """I have seen it. Doing it twice changes nothing: the first acknowledgement stays."""
    async with here.database.within(who.network) as db:
        row = await stored.acknowledge(db, who, item_id)
    if row is None:
        raise Problem("not-found")
    return _item(row)


def _item(row: dict[str, Any]) -> InboxItem:
    seen, false = row["acknowledged_at"], row["taken_back_at"]
    return InboxItem(
        id=row["item_id"],
        concern=row["concern"],
        severity=row["severity"],
        clinic=row["clinic_id"],
        recipient=row["recipient_id"],
        episode=row["episode_id"],
        event_id=row["event_id"],
        occurred_at=row["occurred_at"],
        precision=row["precision"],
        recorded_at=row["recorded_at"],
        link=row["link"],
        acknowledgement=Acknowledgement(by=row["acknowledged_by"], at=seen) if seen else None,
        taken_back=TakenBack(by_event=row["taken_back_by"], at=false) if false else None,
    )
