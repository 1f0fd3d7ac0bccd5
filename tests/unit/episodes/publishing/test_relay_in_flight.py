"""The position moves over what is acknowledged and never over anything else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from episodes.publishing.in_flight import PATIENCE, InFlight, NotSent, Sent

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Future:
    """A send whose outcome the test decides, with what of kafka-python's future is used."""

    is_done: bool = False
    exception: KafkaError | None = None
    arrives: bool = False
    """As soon as it is waited for."""
    asked: list[float] = field(default_factory=list)

    def get(self, timeout: float) -> None:
        self.asked.append(timeout)
        if not self.arrives:
            raise KafkaTimeoutError
        self.acknowledge()

    def acknowledge(self) -> None:
        self.is_done = True

    def fail(self) -> None:
        self.is_done, self.exception = True, MessageSizeTooLargeError("with the message")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def page(position: int, sends: int) -> tuple[Sent, list[Future]]:
    futures = [Future() for _ in range(sends)]
    return Sent(position, NOON + timedelta(seconds=position), futures), futures


def positions(pages: Sequence[Sent]) -> list[int]:
    return [page.position for page in pages]


def test_a_page_is_done_when_each_of_its_sends_is() -> None:
    in_flight = InFlight(Clock())
    sent, futures = page(7, sends=2)
    in_flight.add(sent)
    futures[1].acknowledge()
    assert in_flight.acknowledged(wait=0) == []
    assert in_flight.pending == 2
    futures[0].acknowledge()
    assert positions(in_flight.acknowledged(wait=0)) == [7]
    assert not in_flight
    assert in_flight.pending == 0


def test_a_later_page_waits_for_the_one_before_it() -> None:
    in_flight = InFlight(Clock())
    (first, early), (second, late) = page(7, sends=1), page(9, sends=1)
    in_flight.add(first)
    in_flight.add(second)
    late[0].acknowledge()
    assert in_flight.acknowledged(wait=0) == []
    assert in_flight.oldest == first.recorded_at
    early[0].acknowledge()
    assert positions(in_flight.acknowledged(wait=0)) == [7, 9]


def test_a_page_with_nothing_to_send_is_done_at_once() -> None:
    in_flight = InFlight(Clock())
    in_flight.add(page(7, sends=0)[0])
    assert positions(in_flight.acknowledged(wait=0)) == [7]


def test_a_failed_send_is_never_passed_over() -> None:
    in_flight = InFlight(Clock())
    sent, futures = page(7, sends=2)
    in_flight.add(sent)
    futures[0].acknowledge()
    futures[1].fail()
    with pytest.raises(NotSent, match=r"^MessageSizeTooLargeError$"):
        in_flight.acknowledged(wait=0)


def test_patience_ends_when_the_oldest_send_stays_unanswered() -> None:
    clock = Clock()
    in_flight = InFlight(clock)
    sent, futures = page(7, sends=2)
    in_flight.add(sent)
    clock.now = PATIENCE - 1
    futures[0].acknowledge()
    assert in_flight.acknowledged(wait=0) == []
    clock.now += PATIENCE
    assert in_flight.acknowledged(wait=0) == []
    clock.now += 1
    with pytest.raises(NotSent, match="no answer"):
        in_flight.acknowledged(wait=0)


def test_a_long_silence_before_the_first_send_is_no_stall() -> None:
    clock = Clock()
    in_flight = InFlight(clock)
    clock.now = 10 * PATIENCE
    in_flight.add(page(7, sends=1)[0])
    assert in_flight.acknowledged(wait=0) == []


def test_what_was_sent_and_not_acknowledged_is_counted_over_all_pages() -> None:
    in_flight = InFlight(Clock())
    (first, early), (second, _) = page(7, sends=3), page(9, sends=2)
    in_flight.add(first)
    in_flight.add(second)
    assert in_flight
    for acknowledged, pending in ((0, 4), (1, 3), (2, 2)):
        early[acknowledged].acknowledge()
        in_flight.acknowledged(wait=0)
        assert in_flight.pending == pending
    assert in_flight


def test_a_failed_send_is_found_before_anything_more_is_sent_and_nobody_waits_for_it() -> None:
    clock = Clock()
    in_flight = InFlight(clock)
    (first, waiting), (second, late) = page(7, sends=1), page(9, sends=2)
    in_flight.add(first)
    in_flight.add(second)
    in_flight.refuse_failed()
    assert waiting[0].asked == []
    late[1].fail()
    with pytest.raises(NotSent):
        in_flight.refuse_failed()


def test_only_the_first_is_waited_for_and_only_as_long_as_was_said() -> None:
    clock = Clock(now=100.0)
    in_flight = InFlight(clock)
    (first, early), (second, late) = page(7, sends=1), page(9, sends=1)
    in_flight.add(first)
    in_flight.add(second)
    early[0].arrives = True
    assert positions(in_flight.acknowledged(wait=0.2)) == [7]
    assert early[0].asked == [pytest.approx(0.2)]
    assert late[0].asked == []
    assert in_flight.acknowledged(wait=0.5) == []
    assert late[0].asked == [pytest.approx(0.5)]
    late[0].acknowledge()
    assert positions(in_flight.acknowledged(wait=0.5)) == [9]
    assert late[0].asked == [pytest.approx(0.5)], "what is there is not waited for"
