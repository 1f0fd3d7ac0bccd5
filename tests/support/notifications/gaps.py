"""Episodes of which events are missing, and healing without waiting for its time."""

from contracts.codec import CloudEvent
from notifications.postgres.connections import Connection
from notifications.reacting.healing import Healing
from tests.support.notifications.published_events import PARTNER, Care
from tests.support.notifications.service_process import Notifications

OPEN = "ended_at IS NULL"


def begun(care: Care) -> list[CloudEvent]:
    return [care.opened(), care.shared_with(PARTNER)]


def ripe(service: Notifications) -> None:
    """Two seconds have passed."""
    service.write("UPDATE gaps SET next_try_at = now() - interval '1 second'")


async def healed(service: Notifications, healing: Healing, db: Connection) -> None:
    ripe(service)
    await healing.once(db)
