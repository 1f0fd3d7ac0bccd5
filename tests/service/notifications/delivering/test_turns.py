"""Partners take turns: neither ten thousand subscriptions nor endpoints that hang delay another partner."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

import pytest

from notifications.delivering.signing import secret_text
from notifications.postgres.connections import WAKE
from tests.support.effort import usually
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.service_process import Notifications, sealing
from tests.support.waiting import PATIENCE, eventually

SUBSCRIPTIONS = usually(1_000, 10_000)
SECONDS = 1.0
"""For how long a webhook may wait behind those of others."""
SUBSCRIBE = """INSERT INTO subscriptions (network_id, subscription_id, partner_id, url, level, secret,
    created_at, proved_at, rests_until, last_number)
SELECT 'demo', id, partner, url, 'ids', secret, now(), now(), NULL, 1
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bytea[]) AS s (id, partner, url, secret)"""
OWE = """INSERT INTO deliveries (network_id, subscription_id, number, event_id, event_type, episode_id,
    clinic_id, occurred_at, precision, recorded_at, origin, dataref, correlation_id)
SELECT 'demo', subscription_id, %s, gen_random_uuid(), 'care.episode.session_delivered.v1', gen_random_uuid(),
    gen_random_uuid(), '2026-01-05T10:00:00+00:00', 'minute', '2026-01-05T10:00:00+00:00', 'live',
    'http://127.0.0.1/', gen_random_uuid()
FROM subscriptions WHERE partner_id = ANY (%s)"""
WAITED = """SELECT extract(epoch FROM min(a.started_at) - min(d.owed_at))::float AS seconds
FROM deliveries d JOIN attempts a USING (network_id, subscription_id, number)
JOIN subscriptions s USING (network_id, subscription_id)
WHERE s.partner_id = %s GROUP BY d.number"""
SENT_AFTER = """SELECT count(*) AS count
FROM attempts JOIN subscriptions s USING (network_id, subscription_id)
WHERE s.partner_id <> %s AND started_at > (SELECT max(started_at)
    FROM attempts JOIN subscriptions s USING (network_id, subscription_id) WHERE s.partner_id = %s)"""


@dataclass
class Partners:
    """Partners with subscriptions, to which webhooks are owed by rows alone."""

    service: Notifications
    rounds: int = 0
    all: list[UUID] = field(default_factory=list)

    def subscribe(self, address: str, partners: int, each: int) -> list[UUID]:
        made = [uuid4() for _ in range(partners)]
        rows = [(uuid4(), partner, f"{address}?{number}") for partner in made for number in range(each)]
        seal, secret = sealing(self.service), secret_text(os.urandom(32))
        secrets = [seal.seal(secret, "demo", one) for one, _, _ in rows]
        self.service.write(SUBSCRIBE, *(list(column) for column in zip(*rows, strict=True)), secrets)
        return made

    def owe(self, partners: list[UUID]) -> None:
        """One webhook more to each of their subscriptions."""
        self.rounds += 1
        self.service.write(OWE, self.rounds, partners)
        self.service.write(f"NOTIFY {WAKE}")

    def waited(self, partner: UUID) -> list[float]:
        return [row["seconds"] for row in self.service.rows(WAITED, partner)]

    def longest_wait_of(self, partner: UUID, behind: Sequence[UUID] = (), webhooks: int = 3) -> float:
        """The longest wait of some webhooks to a partner, each owed when the one before was sent, and behind
        those owed to others at the same moment.
        """
        for sent in range(webhooks):
            if behind:
                self.owe(list(behind))
            self.owe([partner])
            eventually(partial(self._sent_more_than, sent, partner), within=20)
        return max(self.waited(partner))

    def _sent_more_than(self, count: int, partner: UUID) -> bool:
        return len(self.waited(partner)) > count


@pytest.fixture
def well() -> Iterator[PartnerEndpoint]:
    with PartnerEndpoint() as endpoint:
        yield endpoint


@pytest.mark.parametrize("partners", [1, SUBSCRIPTIONS // 10], ids=["one partner", "many partners"])
def test_behind_webhooks_to_many_subscriptions_another_partner_waits_a_second_at_most(
    partners: int, service: Notifications, episodes: EpisodesService, well: PartnerEndpoint
) -> None:
    made = Partners(service)
    many = made.subscribe(well.address, partners, SUBSCRIPTIONS // partners)
    [other] = made.subscribe(well.address, 1, 1)
    with service.running("deliver"):
        assert made.longest_wait_of(other, behind=many) < SECONDS * PATIENCE
        eventually(lambda: service.count("deliveries", "state = 'pending'") == 0, within=120)
    [after] = service.rows(SENT_AFTER, other, other)
    assert after["count"] > 0, "it was sent when nothing was left of the others"


def test_endpoints_that_hang_leave_room_for_another_partner(
    service: Notifications, episodes: EpisodesService, well: PartnerEndpoint
) -> None:
    made = Partners(service)
    with PartnerEndpoint(hangs=True) as hung:
        hanging = made.subscribe(hung.address, 4, SUBSCRIPTIONS // 4)
        [other] = made.subscribe(well.address, 1, 1)
        with service.running("deliver", attempt_seconds="20"):
            made.owe(hanging)
            eventually(lambda: hung.has(200))
            assert made.longest_wait_of(other) < SECONDS * PATIENCE
            assert service.count("deliveries", "state = 'pending'") == SUBSCRIPTIONS
