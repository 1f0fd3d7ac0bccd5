"""A sample of our own, to tell a message that is at fault from a fault that every message meets."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from contracts.envelope import PublishedEvent, source_of
from contracts.events import Data, EpisodeOpened, SessionDelivered, SharingConsented
from notifications.postgres.connections import Connection
from notifications.reacting.ledger import Ledger
from notifications.reacting.react import take

_MOMENT = datetime(2026, 1, 5, 10, tzinfo=UTC)


async def take_sample(db: Connection, network: str) -> None:
    """Take in an episode that does not exist, in the caller's transaction, which must be undone.

    It stores a consent, reads it back, and owes a partner who subscribes to nothing, and a clinic.
    """
    episode, partner = uuid4(), uuid4()
    begun = (
        EpisodeOpened(therapist=uuid4(), referring_partner=partner),
        SharingConsented(
            consent=uuid4(), partner=partner, kinds=("opening", "sessions"), effective_from=_MOMENT
        ),
    )
    ledger = Ledger(db)
    for number, data in enumerate(begun, start=1):
        await take(ledger, _event(network, episode, number, data))
    session = SessionDelivered(breaches=("no_consent",), adverse=True)
    await take(Ledger(db), _event(network, episode, len(begun) + 1, session))


def _event(network: str, episode: UUID, number: int, data: Data) -> PublishedEvent:
    return PublishedEvent(
        id=uuid4(),
        type=data.type_name,
        source=source_of(network),
        subject=episode,
        time=_MOMENT,
        publishednumber=number,
        version=number,
        clinic=uuid4(),
        precision="minute",
        recordedtime=_MOMENT,
        origin="live",
        recordref="",
        correlationid=uuid4(),
        data=data,
    )
