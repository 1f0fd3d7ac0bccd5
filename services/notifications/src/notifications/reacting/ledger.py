"""The ledger of `react`, on one connection within the caller's transaction."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from contracts.envelope import PublishedEvent
from notifications.postgres.connections import Connection
from notifications.reacting import held_rows, owed_rows
from notifications.reacting.gaps import Gap
from notifications.reacting.knowledge import Consent, Knowledge
from notifications.reacting.messages import FeedMessage, Message
from notifications.reacting.owed import AlertsTakenBack, AmendmentOwed, InboxOwed, OpeningOwed, WebhookOwed
from notifications.reacting.owed_rows import event_row

_SEEN = "SELECT event_id FROM seen_events WHERE network_id = %s AND event_id = ANY (%s)"
_PARKED = """SELECT DISTINCT episode_id FROM parked
WHERE network_id = %s AND episode_id = ANY (%s) AND resolved_at IS NULL"""
_DISMISSED = "SELECT 1 FROM parked WHERE network_id = %s AND fingerprint = %s AND resolution = 'dismissed'"
_EPISODES = """SELECT * FROM known_episodes WHERE network_id = %s AND episode_id = ANY (%s)
ORDER BY episode_id FOR UPDATE"""
_CONSENTS = """SELECT episode_id, consent_id AS id, partner_id AS partner, kinds, effective_from, until,
withdrawn_from FROM known_consents WHERE network_id = %s AND episode_id = ANY (%s)"""


class Ledger:
    """The ledger of one network, written in the transaction that moves the positions.

    A batch announces what it will need (`expect`), so that it is read at once; the rest is read on demand.
    In a pipeline no write is awaited: its error is raised later, at the latest when the transaction ends.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._seen: dict[UUID, bool] = {}
        self._parked: dict[UUID, bool] = {}
        self._known: dict[UUID, Knowledge] = {}
        self._gaps: dict[UUID, Gap] = {}

    async def expect(self, network: str, events: Iterable[UUID], episodes: Iterable[UUID]) -> None:
        """Read what is stored about these, unless read before. The episodes stay locked until the commit."""
        unread = list(dict.fromkeys(it for it in events if it not in self._seen))
        unknown = list(dict.fromkeys(it for it in episodes if it not in self._known))
        if not unread and not unknown:
            return
        async with self._db.pipeline():
            of_episodes = (_EPISODES, _CONSENTS, _PARKED, held_rows.GAPS)
            asking = [await self._db.execute(query, [network, unknown]) for query in of_episodes]
            asking.append(await self._db.execute(_SEEN, [network, unread]))
            known, consents, parked, gaps, seen = [await cursor.fetchall() for cursor in asking]
        self._known |= dict.fromkeys(unknown, Knowledge()) | _knowledge(known, consents)
        self._parked |= dict.fromkeys(unknown, False) | {row["episode_id"]: True for row in parked}
        self._gaps |= {row["episode_id"]: Gap(row["after_sequence"], row["up_to"]) for row in gaps}
        self._seen |= dict.fromkeys(unread, False) | {row["event_id"]: True for row in seen}

    async def has_parked(self, network: str, episode: UUID) -> bool:
        await self.expect(network, (), (episode,))
        return self._parked[episode]

    async def seen(self, event: PublishedEvent) -> bool:
        await self.expect(event.network, (event.id,), ())
        return self._seen[event.id]

    async def first_sight(self, event: PublishedEvent) -> bool:
        """Record the event as seen; false if it was. If another process does so too, the later one fails."""
        if await self.seen(event):
            return False
        await self._db.execute(
            "INSERT INTO seen_events (network_id, event_id) VALUES (%s, %s)", [event.network, event.id]
        )
        self._seen[event.id] = True
        return True

    async def knowledge(self, network: str, episode: UUID) -> Knowledge:
        """What is known of the episode; empty for an unknown one."""
        await self.expect(network, (), (episode,))
        return self._known[episode]

    async def remember(self, event: PublishedEvent, old: Knowledge, new: Knowledge) -> None:
        network, episode = event.network, event.episode
        self._known[episode] = new
        await self._db.execute(
            "INSERT INTO known_episodes (network_id, episode_id, clinic_id, therapist_id, last_sequence)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (network_id, episode_id) DO UPDATE"
            " SET clinic_id = excluded.clinic_id, therapist_id = excluded.therapist_id,"
            " last_sequence = excluded.last_sequence",
            [network, episode, new.clinic, new.therapist, new.sequence],
        )
        if new.referring_partner != old.referring_partner:
            await self._remember_opening(event, new.referring_partner)
        for consent in set(new.consents) - set(old.consents):
            await self._remember_consent(network, episode, consent)

    async def _remember_opening(self, event: PublishedEvent, referring_partner: UUID | None) -> None:
        await self._db.execute(
            "UPDATE known_episodes SET referring_partner_id = %s, opening = %s"
            " WHERE network_id = %s AND episode_id = %s",
            [referring_partner, Jsonb(event_row(event)), event.network, event.episode],
        )

    async def _remember_consent(self, network: str, episode: UUID, consent: Consent) -> None:
        await self._db.execute(
            "INSERT INTO known_consents VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (network_id, episode_id, consent_id) DO UPDATE"
            " SET kinds = excluded.kinds, effective_from = excluded.effective_from, until = excluded.until,"
            " withdrawn_from = excluded.withdrawn_from",
            [
                network,
                episode,
                consent.id,
                consent.partner,
                sorted(consent.kinds),
                consent.effective_from,
                consent.until,
                consent.withdrawn_from,
            ],
        )

    async def owe_webhooks(self, event: PublishedEvent, owed: WebhookOwed) -> None:
        await owed_rows.to_partner(self._db, event_row(event), owed.partner)

    async def owe_opening(self, event: PublishedEvent, owed: OpeningOwed) -> None:
        cursor = await self._db.execute(
            "SELECT opening FROM known_episodes WHERE network_id = %s AND episode_id = %s",
            [event.network, event.episode],
        )
        row = await cursor.fetchone()
        if row is not None and row["opening"] is not None:
            await owed_rows.to_partner(self._db, row["opening"], owed.partner, owed.not_before)

    async def owe_amendment(self, event: PublishedEvent, owed: AmendmentOwed) -> None:
        await owed_rows.to_whoever_was_sent(self._db, event_row(event), owed.entry)

    async def owe_inbox(self, event: PublishedEvent, owed: InboxOwed) -> None:
        await owed_rows.to_inbox(self._db, event_row(event), owed)

    async def take_back(self, event: PublishedEvent, owed: AlertsTakenBack) -> None:
        await owed_rows.take_back(self._db, event_row(event), owed)

    async def park(self, message: Message, reason: str, event: UUID | None, episode: UUID | None) -> None:
        """Set the message aside. A repeated message is parked once."""
        await self._db.execute(
            "INSERT INTO parked (network_id, form, place, reason, event_id, episode_id, raw, fingerprint)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (network_id, fingerprint) DO NOTHING",
            [
                message.network,
                message.form,
                message.place,
                reason,
                event,
                episode,
                message.raw(),
                _fingerprint(message),
            ],
        )
        if episode is not None:
            self._known.pop(episode, None)  # its messages wait again, unless this one was resolved before

    async def passes(self, message: Message) -> bool:
        found = await self._db.execute(_DISMISSED, [message.network, _fingerprint(message)])
        if await found.fetchone() is None:
            return False
        await self.give_up(message)
        return True

    async def give_up(self, message: Message) -> None:
        """Go past the number of a message, if its turn it is. In a record of Kafka it may be wrong, and the
        log has the event.
        """
        _, episode = message.hints()
        if episode is None or not isinstance(message, FeedMessage):
            return
        if (numbered := message.numbered()) is not None:
            await held_rows.pass_number(self._db, message.network, episode, *numbered)
            self._known.pop(episode, None)
            self._gaps.pop(episode, None)

    async def gap(self, network: str, episode: UUID) -> Gap | None:
        await self.expect(network, (), (episode,))
        return self._gaps.get(episode)

    async def keep_gap(self, event: PublishedEvent, gap: Gap) -> None:
        if gap.closed:
            self._gaps.pop(event.episode, None)
        else:
            self._gaps[event.episode] = gap
        await held_rows.keep_gap(self._db, event, gap)

    async def hold(self, message: Message, event: PublishedEvent) -> None:
        await held_rows.hold(self._db, message, event)

    async def release(self, network: str, episode: UUID, up_to: int) -> Message | None:
        return await held_rows.release(self._db, network, episode, up_to)

    async def repeats(self, event: PublishedEvent) -> bool:
        return await held_rows.repeats(self._db, event)


def _fingerprint(message: Message) -> bytes:
    return hashlib.sha256(message.raw()).digest()


def _knowledge(episodes: Sequence[DictRow], consents: Sequence[DictRow]) -> dict[UUID, Knowledge]:
    """What is known, by episode. Consents of unknown episodes are ignored."""
    given: dict[UUID, list[Consent]] = defaultdict(list)
    for row in consents:
        episode = row.pop("episode_id")
        given[episode].append(Consent(**(row | {"kinds": frozenset(row["kinds"])})))
    return {
        row["episode_id"]: Knowledge(
            row["clinic_id"],
            row["therapist_id"],
            row["referring_partner_id"],
            row["last_sequence"],
            tuple(given[row["episode_id"]]),
        )
        for row in episodes
    }
