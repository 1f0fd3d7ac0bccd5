"""Healing beside the consumers: what an episode lacks is had from what was published."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from notifications.reacting.gaps import Gap
from notifications.reacting.knowledge import Knowledge
from notifications.reacting.messages import KafkaMessage
from notifications.reacting.react import react, understand
from tests.simulation.broker import Broker
from tests.simulation.reactions import Database, Ledger, Lost, Tables, Transaction
from tests.simulation.scheduling import Process, Scheduler, pause


def behind(broker: Broker, tables: Tables) -> dict[UUID, Gap]:
    """The episodes of which less is known than was published, as comparing finds them."""
    known = {episode: it.sequence for episode, it in tables.knowledge.items()}
    return {
        episode: Gap(known.get(episode, Knowledge().sequence), max(messages))
        for episode, messages in _published(broker).items()
        if known.get(episode, 0) < max(messages)
    }


@dataclass(eq=False)
class Healing:
    scheduler: Scheduler
    broker: Broker
    database: Database
    ledger: Callable[[Transaction], Ledger] = Ledger

    async def main(self, process: Process) -> None:
        while True:
            await pause(20.0 if self.scheduler.faults else 600.0)
            try:
                await self._round(process)
            except Lost:
                self.scheduler.note(process.name, "begins again")

    async def _round(self, process: Process) -> None:
        """Compare, then heal each gap in a transaction of its own."""
        for episode in sorted(behind(self.broker, self.database.tables) | self.database.tables.gaps):
            transaction = self.database.begin()
            tables = transaction.tables
            found = behind(self.broker, tables).get(episode)
            gap = tables.gaps.get(episode, found)
            if gap is None:
                continue
            tables.gaps[episode] = gap.reaching(found.up_to if found else gap.up_to)
            messages = _published(self.broker)[episode]
            ledger = self.ledger(transaction)
            for number in sorted(it for it in messages if it > gap.after):
                await react(ledger, messages[number])
            transaction.commit()
            self.scheduler.note(process.name, "healed", episode.hex[:8])


def _published(broker: Broker) -> dict[UUID, dict[int, KafkaMessage]]:
    """The messages of each episode by their number."""
    found: dict[UUID, dict[int, KafkaMessage]] = defaultdict(dict)
    for partition in broker.topic:
        for message in partition:
            event = understand(message)
            found[event.episode][event.sequence] = message
    return found
