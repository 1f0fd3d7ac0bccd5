"""When a delivery is attempted again: the schedule of Standard Webhooks, and the meaning of each answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

DELAYS: tuple[timedelta, ...] = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The wait before each attempt, including the first. There are as many attempts as entries."""

SPREAD = 0.2
"""The fraction by which a wait is varied, so that deliveries that failed together do not retry together."""

MAX_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answered:
    """The endpoint answered. `retry_after` is the wait it asked for."""

    status: int
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer; `error` names the class of failure and quotes nothing."""

    error: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Nothing was sent, because there is no address that may be used now: no attempt was made.

    One word for a name that is not resolved and for an address that is denied, because telling them apart
    would tell a partner which names exist inside.
    """


Outcome = Answered | Unanswered


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class Retry:
    wait: timedelta


@dataclass(frozen=True, slots=True)
class EndpointGone:
    """The endpoint answered 410: the subscription is disabled, and its other deliveries stay pending."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The last attempt of the schedule failed."""


Next = Delivered | Retry | EndpointGone | Exhausted


def after_attempt(outcome: Outcome, attempts: int, delays: Sequence[timedelta], jitter: float) -> Next:
    """What follows attempt number `attempts`. Only 2xx is a success. `jitter` is drawn from [0, 1]."""
    if isinstance(outcome, Answered):
        if HTTPStatus.OK <= outcome.status < HTTPStatus.MULTIPLE_CHOICES:
            return Delivered()
        if outcome.status == HTTPStatus.GONE:
            return EndpointGone()
    if attempts >= len(delays):
        return Exhausted()
    wait = delays[attempts] * (1 - SPREAD + 2 * SPREAD * jitter)
    return Retry(max(wait, _asked(outcome)))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """The wait in a `Retry-After` header (seconds or a date), at most `MAX_WAIT`. Others are ignored."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return timedelta(seconds=min(int(header[:9]), MAX_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(moment.replace(tzinfo=moment.tzinfo or UTC) - now, timedelta(0))


def _asked(outcome: Outcome) -> timedelta:
    asked = outcome.retry_after if isinstance(outcome, Answered) else None
    return min(asked or timedelta(0), MAX_WAIT)
