"""One topic: in order within a partition, and of each producer in the order it sent; a resend may double."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from notifications.reacting.messages import KafkaMessage
from tests.simulation.log import NETWORK
from tests.simulation.scheduling import IDLE, Process, Scheduler, pause

PARTITIONS = 2
Headers = Sequence[tuple[str, bytes]]


@dataclass(eq=False, slots=True)
class Future:
    """A send whose outcome the broker decides, with what of kafka-python's future is used."""

    is_done: bool = False
    exception: KafkaError | None = None

    def get(self, timeout: float) -> None:
        raise KafkaTimeoutError


@dataclass(eq=False, slots=True)
class Producer:
    """What was sent and waits to be taken, by partition. Once one fails, so do all after it: idempotence."""

    broker: "Broker"
    waiting: list[deque[tuple[KafkaMessage, Future]]] = field(
        default_factory=lambda: [deque() for _ in range(PARTITIONS)]
    )
    broken: bool = False

    def send(self, topic: str, value: bytes, key: bytes, headers: Headers) -> Future:
        self.broker.scheduler.crash_maybe()
        if self.broken:
            raise KafkaConnectionError
        partition, future = crc32(key) % PARTITIONS, Future()
        if self.broker.me is not None:
            self.broker.scheduler.wake(self.broker.me)
        self.waiting[partition].append((KafkaMessage(NETWORK, "", key, value, headers), future))
        return future

    def close(self) -> None:
        """Its process has ended: some of what was on its way still arrives."""
        self.broken = True
        for queue in self.waiting:
            for _ in range(self.broker.scheduler.random.randint(0, len(queue))):
                queue.pop()

    def fail(self) -> None:
        self.broken = True
        for queue in self.waiting:
            while queue:
                future = queue.popleft()[1]
                future.is_done, future.exception = True, KafkaConnectionError("with the message")


@dataclass(eq=False)
class Broker:
    scheduler: Scheduler
    topic: list[list[KafkaMessage]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    producers: list[Producer] = field(default_factory=list)
    consumers: list[Process] = field(default_factory=list)
    me: Process | None = None

    def producer(self) -> Producer:
        self.producers.append(Producer(self))
        return self.producers[-1]

    def process(self) -> Process:
        self.me = Process("broker", self.main)
        return self.me

    async def main(self, _: Process) -> None:
        """Takes one record after the other, whoever's."""
        while True:
            sending = [(it, queue) for it in self.producers for queue in it.waiting if queue]
            if sending:
                self._take(*sending[int(self.scheduler.random.random() * len(sending))])
            await pause(self.scheduler.random.random() * 0.1 if sending else IDLE)

    def _take(self, producer: Producer, queue: deque[tuple[KafkaMessage, Future]]) -> None:
        message, future = queue[0]
        if self.scheduler.fails():
            self.scheduler.note("broker fails a send, and all after it")
            producer.fail()
            return
        partition = next(n for n, it in enumerate(producer.waiting) if it is queue)
        self.topic[partition].append(message)
        for consumer in self.consumers:
            self.scheduler.wake(consumer)
        self.scheduler.note("topic", partition, len(self.topic[partition]), _id(message))
        if self.scheduler.fails(4):
            self.scheduler.note("the acknowledgement is lost: sent again")
            return
        queue.popleft()
        future.is_done = True


def _id(message: KafkaMessage) -> str:
    return str(dict(message.headers)["ce_id"][:8], "ascii")
