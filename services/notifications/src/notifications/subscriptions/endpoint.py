"""`/v1/subscriptions`: where and about what a partner wants to be told, and how its deliveries went."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from psycopg.errors import ForeignKeyViolation

from care_platform.http.parameters import Id
from care_platform.http.problems import Problem
from notifications.access import Action, Caller
from notifications.delivering.signing import SECRET_BYTES
from notifications.http.examples import EXAMPLES
from notifications.http.identity import allowed, only
from notifications.http.problems import documented
from notifications.http.requests import NumberPage, NumberPageQuery, described, json_body
from notifications.http.services import Here
from notifications.subscriptions import postgres as stored
from notifications.subscriptions.bodies import (
    Deliveries,
    Events,
    SubscriptionMade,
    Subscriptions,
    SubscriptionView,
    SubscriptionWanted,
    view,
)
from notifications.subscriptions.delivery_log import delivery_view, events_of
from notifications.subscriptions.subscription import NotYours, Subscription, subscribe

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
_MAKE_RESPONSES = {
    201: {"headers": {"Location": {"schema": {"type": "string"}, "description": "The new subscription"}}},
    **documented("already-subscribed", "too-many-subscriptions", "unsupported-media-type", "rule-broken"),
}


async def _found(
    here: Here, subscription_id: Id, who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)]
) -> Subscription:
    async with here.database.within(who.network) as db:
        found = await stored.visible(db, who, subscription_id)
    if not found:
        raise Problem("not-found")
    return found[0]


Found = Annotated[Subscription, Depends(_found)]


@router.post(
    "",
    status_code=201,
    responses=_MAKE_RESPONSES,
    dependencies=[only()],
    openapi_extra=described(SubscriptionWanted, EXAMPLES["SubscriptionWanted"]),
)
async def subscribe_to_events(
    here: Here,
    who: Annotated[Caller, allowed(Action.SUBSCRIBE)],
    body: Annotated[SubscriptionWanted, json_body(SubscriptionWanted)],
    answer: Response,
) -> SubscriptionMade:
    """Subscribe. The secret that signs webhooks is in this answer only, and for the partner itself only."""
    if (rule := next(here.addresses.broken_by(body.url), None)) is not None:
        raise _rule(rule, "/url")
    secret = here.random_bytes(SECRET_BYTES)
    try:
        made = subscribe(who, body.wanted(), here.new_id(), secret, here.now())
    except NotYours as refusal:
        raise _rule(refusal.rule, refusal.pointer) from None
    new = made.subscription
    async with here.database.within(new.network) as db:
        try:
            key = await stored.sealing_key(db)
            sealed = here.sealing.seal(made.secret, new.network, new.id, key)
            await stored.insert(db, new, sealed, here.subscriptions_per_partner)
        except stored.AlreadySubscribed as known:
            raise Problem("already-subscribed", subscription_id=str(known.subscription_id)) from None
        except stored.TooManySubscriptions:
            raise Problem("too-many-subscriptions") from None
        except ForeignKeyViolation:  # that key was retired since: another time there is a newer one
            raise Problem("unavailable") from None
    answer.headers["Location"] = f"{router.prefix}/{new.id}"
    shown = made.secret if made.secret_for_caller else None
    return SubscriptionMade(**view(new).model_dump(), secret=shown)


@router.get("", responses=documented(), dependencies=[only()])
async def list_subscriptions(
    here: Here, who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)]
) -> Subscriptions:
    """A partner's own; a coordinator's, those that reach into its own clinics only."""
    async with here.database.within(who.network) as db:
        found = await stored.visible(db, who)
    return Subscriptions(subscriptions=[view(it) for it in found])


@router.get("/{subscription_id}", responses=documented("not-found"), dependencies=[only()])
async def get_subscription(found: Found) -> SubscriptionView:
    """One subscription, without its secret."""
    return view(found)


@router.delete(
    "/{subscription_id}",
    status_code=204,
    responses=documented("not-found"),
    dependencies=[allowed(Action.END_SUBSCRIPTION), only()],
)
async def end_subscription(here: Here, found: Found) -> None:
    """Nothing more is sent; what is pending is cancelled."""
    async with here.database.within(found.network) as db:
        await stored.end(db, found)


@router.get(
    "/{subscription_id}/deliveries",
    responses=documented("not-found"),
    dependencies=[allowed(Action.READ_DELIVERIES), only(NumberPage)],
)
async def list_deliveries(here: Here, found: Found, page: NumberPageQuery) -> Deliveries:
    """The delivery log: how each attempt went. The numbers have no gaps."""
    async with here.database.within(found.network) as db:
        rows = await stored.delivery_log(db, found, page.after, page.limit)
    following = rows[-1]["number"] if len(rows) == page.limit else None
    return Deliveries(deliveries=[delivery_view(row) for row in rows], next=following)


@router.get(
    "/{subscription_id}/events",
    responses=documented("not-found"),
    dependencies=[allowed(Action.PULL_EVENTS), only(NumberPage)],
)
async def list_missed_events(here: Here, found: Found, page: NumberPageQuery) -> Events:
    """What may have been missed, by number; each event needs consent now, as an attempt would."""
    async with here.database.within(found.network) as db:
        owed = await stored.owed(db, found, page.after, page.limit)
    told = await events_of(owed, found.network, here.disclosure, here.public_url)
    following = told[-1].number if len(told) == page.limit else None
    return Events(events=told, next=following)


def _rule(rule: str, pointer: str) -> Problem:
    return Problem("rule-broken", rule=rule, errors=[{"pointer": pointer, "rule": rule}])
