"""Two processes that take in the topic, each all of it: position and effect in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifications.reacting.messages import KafkaMessage
from notifications.reacting.react import react
from tests.simulation.broker import PARTITIONS, Broker
from tests.simulation.reactions import Database, Ledger, Lost, Transaction
from tests.simulation.scheduling import IDLE, Process, Scheduler, pause


@dataclass(eq=False)
class Consuming:
    scheduler: Scheduler
    broker: Broker
    database: Database
    ledger: Callable[[Transaction], Ledger] = Ledger

    def process(self, name: str) -> Process:
        process = Process(name, self.main)
        self.broker.consumers.append(process)
        return process

    async def main(self, process: Process) -> None:
        """From the stored positions; any loss means beginning again. It may lag, and have more at once."""
        while True:
            try:
                found = await self._round()
            except Lost:
                self.scheduler.note(process.name, "begins again")
                found = True
            await pause(self.scheduler.random.choice((0.5, 8.0)) if found else IDLE)

    async def _round(self) -> bool:
        positions = dict(self.database.tables.positions)
        found = False
        for partition in range(PARTITIONS):
            begins = positions.get(partition, 0)
            batch = self.broker.topic[partition][begins : begins + self.scheduler.random.randint(1, 5)]
            if batch:
                found = True
                await self.take_in(partition, begins, batch)
        return found

    async def take_in(self, partition: int, begins: int, batch: Sequence[KafkaMessage]) -> None:
        """As `consume.take_in`: refused unless the partition still is where the batch began."""
        transaction = self.database.begin()
        if transaction.tables.positions.get(partition, 0) != begins:
            raise Lost
        transaction.tables.positions[partition] = begins + len(batch)
        await self.effect(transaction, batch)
        await pause()
        transaction.commit()
        self.scheduler.note("taken in: partition", partition, "up to", begins + len(batch))
        await pause()

    async def effect(self, transaction: Transaction, batch: Sequence[KafkaMessage]) -> None:
        ledger = self.ledger(transaction)
        for message in self._in_some_order(batch):
            if self.scheduler.fails(2):
                self.scheduler.note("a record is gone before it was read")
                continue
            await react(ledger, message)
            if self.scheduler.fails(2):
                await react(ledger, message)  # the broker may hand out the same record twice

    def _in_some_order(self, batch: Sequence[KafkaMessage]) -> Sequence[KafkaMessage]:
        """Now and then another one than that of the topic, as records come that were copied or sent again."""
        if len(batch) < 2 or not self.scheduler.fails(60):
            return batch
        self.scheduler.note("records arrive in another order")
        return self.scheduler.random.sample(batch, len(batch))
