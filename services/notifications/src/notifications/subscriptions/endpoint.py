"""`/v1/subscriptions`: where and about what a partner wants to be told, and how its deliveries went."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from psycopg.errors import ForeignKeyViolation

from care_platform.http.parameters import Id
from care_platform.http.problems import Problem
from care_platform.numbered_keys import KeyInUse
from notifications.access import Action, Caller
from notifications.delivering.signing import SECRET_BYTES, secret_text
from notifications.http.examples import EXAMPLES
from notifications.http.identity import allowed, only
from notifications.http.problems import documented
from notifications.http.requests import (
    NumberPage,
    NumberPageQuery,
    SubscriptionPage,
    SubscriptionPageQuery,
    described,
    json_body,
)
from notifications.http.services import Here
from notifications.postgres.connections import Connection
from notifications.subscriptions import postgres as stored
from notifications.subscriptions import proving
from notifications.subscriptions.bodies import (
    Confirmation,
    Deliveries,
    Events,
    Reactivation,
    Secret,
    SubscriptionMade,
    Subscriptions,
    SubscriptionView,
    SubscriptionWanted,
    view,
)
from notifications.subscriptions.delivery_log import delivery_view, events_of
from notifications.subscriptions.reactivating import reactivate
from notifications.subscriptions.subscription import (
    NotProved,
    NotReactivated,
    NotYours,
    Refused,
    Subscription,
    subscribe,
)

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
_MAKE_RESPONSES = {
    201: {"headers": {"Location": {"schema": {"type": "string"}, "description": "The new subscription"}}},
    **documented("already-subscribed", "too-many-subscriptions", "unsupported-media-type", "rule-broken"),
}


async def _found(
    here: Here, subscription_id: Id, who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)]
) -> Subscription:
    async with here.database.within(who.network) as db:
        found = await stored.one_visible(db, who, subscription_id)
    if found is None:
        raise Problem("not-found")
    return found


async def _kept(
    here: Here, subscription_id: Id, who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)]
) -> Subscription:
    async with here.database.within(who.network) as db:
        found = await stored.one_visible(db, who, subscription_id, ended=True)
    if found is None:
        raise Problem("not-found")
    return found


Found = Annotated[Subscription, Depends(_found)]
Kept = Annotated[Subscription, Depends(_kept)]
"""A subscription, also one that was ended."""


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
    """Subscribe. The secret that signs webhooks is in this answer only, and for the partner itself only.

    The address is sent a challenge at once. Webhooks wait until it is proved: by the echo of the value, or by
    the partner's confirmation, which alone counts for what a coordinator made.
    """
    if (rule := next(here.addresses.broken_by(body.url), None)) is not None:
        raise _rule(rule, "/url")
    secret = here.random_bytes(SECRET_BYTES)
    try:
        made = subscribe(who, body.wanted(), here.new_id(), secret, here.now())
    except NotYours as refusal:
        raise _refused(refusal) from None
    new = made.subscription
    if not new.made_by_partner and not await here.partners.known(new.network, new.partner):
        raise _rule("unknown-partner", "/partner")
    async with here.database.within(new.network) as db:
        try:
            async with sealing_with(db) as key:
                sealed = here.sealing.seal(made.secret, new.network, new.id, key)
                await stored.insert(db, new, sealed, here.subscriptions_per_partner)
        except stored.AlreadySubscribed as known:
            seen = await stored.one_visible(db, who, known.subscription_id)
            named = {"subscription_id": str(known.subscription_id)} if seen else {}
            raise Problem("already-subscribed", **named) from None
        except stored.TooManySubscriptions:
            raise Problem("too-many-subscriptions") from None
    answer.headers["Location"] = f"{router.prefix}/{new.id}"
    shown = made.secret if new.made_by_partner else None
    return SubscriptionMade(**view(new, here.now()).model_dump(), secret=shown)


@asynccontextmanager
async def sealing_with(db: Connection) -> AsyncIterator[KeyInUse]:
    """The key that seals what is new; if it is retired meanwhile, another time there is a newer one."""
    try:
        yield await stored.sealing_key(db)
    except ForeignKeyViolation:
        raise Problem("unavailable") from None


@router.get("", responses=documented(), dependencies=[only(SubscriptionPage)])
async def list_subscriptions(
    here: Here, who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)], page: SubscriptionPageQuery
) -> Subscriptions:
    """A partner's own; a coordinator's, those that reach into its own clinics only."""
    async with here.database.within(who.network) as db:
        found = await stored.visible(db, who, page.after, page.limit)
    following = found[-1].id if len(found) == page.limit else None
    return Subscriptions(subscriptions=[view(it, here.now()) for it in found], next=following)


@router.get("/{subscription_id}", responses=documented("not-found"), dependencies=[only()])
async def get_subscription(here: Here, found: Found) -> SubscriptionView:
    """One subscription, without its secret."""
    return view(found, here.now())


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


@router.post(
    "/{subscription_id}/confirmation",
    responses=documented("not-found", "unsupported-media-type", "rule-broken"),
    dependencies=[allowed(Action.CONFIRM_ADDRESS), only()],
    openapi_extra=described(Confirmation, EXAMPLES["Confirmation"]),
)
async def confirm_address(
    here: Here,
    who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)],
    found: Found,
    body: Annotated[Confirmation, json_body(Confirmation)],
) -> SubscriptionView:
    """Prove the address with the value it received; safe to repeat. Ten wrong values end the challenge."""
    async with here.database.within(found.network) as db:
        refusal = await proving.confirm(db, found, body.challenge, here.sealing, here.now())
    if refusal is not None:
        raise _refused(refusal)
    return view(await _found(here, found.id, who), here.now())


@router.post(
    "/{subscription_id}/challenge",
    responses=documented("not-found", "rule-broken"),
    dependencies=[allowed(Action.ASK_FOR_CHALLENGE), only()],
)
async def ask_for_challenge(
    here: Here, who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)], found: Found
) -> SubscriptionView:
    """Have a new challenge sent, a minute after the last at the earliest. The value sent before is void."""
    try:
        async with here.database.within(found.network) as db:
            await proving.challenge_anew(db, found, here.now())
    except NotProved as refusal:
        raise _refused(refusal) from None
    return view(await _found(here, found.id, who), here.now())


@router.post(
    "/{subscription_id}/secret",
    responses=documented("not-found"),
    dependencies=[allowed(Action.REPLACE_SECRET), only()],
)
async def replace_secret(here: Here, found: Found) -> Secret:
    """Replace the secret. Attempts that begin from now on are signed with the new one, and with it alone.

    A value that was sent before the address was proved is void; another one is sent.
    """
    secret = secret_text(here.random_bytes(SECRET_BYTES))
    async with here.database.within(found.network) as db, sealing_with(db) as key:
        await stored.replace_secret(db, found, here.sealing.seal(secret, found.network, found.id, key))
    return Secret(secret=secret)


@router.post(
    "/{subscription_id}/reactivation",
    responses=documented("not-found", "unsupported-media-type", "rule-broken"),
    dependencies=[allowed(Action.REACTIVATE), only()],
    openapi_extra=described(Reactivation, EXAMPLES["Reactivation"]),
)
async def reactivate_subscription(
    here: Here,
    who: Annotated[Caller, allowed(Action.READ_SUBSCRIPTION)],
    found: Found,
    body: Annotated[Reactivation, json_body(Reactivation)],
) -> SubscriptionView:
    """Have webhooks sent again after a 410, once the address is proved again: it is sent a new challenge.

    What waited is then sent, spread out over time. Changes nothing unless the subscription is disabled.
    """
    try:
        async with here.database.within(found.network) as db:
            await reactivate(db, found, body.from_number)
    except NotReactivated as refusal:
        raise _refused(refusal) from None
    return view(await _found(here, found.id, who), here.now())


@router.get(
    "/{subscription_id}/deliveries",
    responses=documented("not-found"),
    dependencies=[allowed(Action.READ_DELIVERIES), only(NumberPage)],
)
async def list_deliveries(here: Here, found: Kept, page: NumberPageQuery) -> Deliveries:
    """The delivery log: how each attempt went. It outlives the subscription, and its numbers have no gaps."""
    async with here.database.within(found.network) as db:
        rows = await stored.delivery_log(db, found, page.after, page.limit)
    following = rows[-1]["number"] if len(rows) == page.limit else None
    return Deliveries(deliveries=[delivery_view(row, found.state) for row in rows], next=following)


@router.get(
    "/{subscription_id}/events",
    responses=documented("not-found"),
    dependencies=[allowed(Action.PULL_EVENTS), only(NumberPage)],
)
async def list_missed_events(here: Here, found: Kept, page: NumberPageQuery) -> Events:
    """What may have been missed, by number; each event needs consent now, as an attempt would.

    A page ends before an event about which nothing can be decided now.
    """
    async with here.database.within(found.network) as db:
        owed = await stored.owed(db, found, page.after, page.limit)
    told = await events_of(owed, found.network, here.disclosure, here.public_url)
    more = len(told) < len(owed) or len(owed) == page.limit
    return Events(events=told, next=told[-1].number if told and more else None)


def _refused(refusal: Refused) -> Problem:
    return _rule(refusal.rule, refusal.pointer)


def _rule(rule: str, pointer: str) -> Problem:
    return Problem("rule-broken", rule=rule, errors=[{"pointer": pointer, "rule": rule}])
