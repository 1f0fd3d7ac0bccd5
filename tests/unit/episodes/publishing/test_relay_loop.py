"""The relay's loop over a log and a broker in memory: what it sends, when it waits, what it tells."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import Notification
from kafka.errors import KafkaError, KafkaTimeoutError

from contracts.codec import to_kafka
from contracts.envelope import topic_of
from episodes.event_log.codec import DataKey, decode
from episodes.event_log.positions import Claim
from episodes.processes.follower import Deposed
from episodes.processes.held_back import Held, HeldBack, NothingReadable
from episodes.processes.progress import Progress
from episodes.publishing import relay as relays
from episodes.publishing.in_flight import NotSent
from episodes.publishing.mapping import published
from episodes.publishing.relay import Relay
from tests.support.episodes.batches import KEY, a_batch, an_episode_of, command, told_of
from tests.support.episodes.care_facts import OPENED, a_baseline, a_consent
from tests.support.episodes.held_rows import HeldRows
from tests.support.episodes.scenario import CLIENT, EPISODE, NETWORK, NOW, march
from tests.support.episodes.stored_rows import unheard_of

URL = "https://episodes.example"
KEYS = {KEY.id: KEY}


def log_of(*drafts: Any) -> list[Notification]:
    """As the store tells of them, at positions 10, 20 and so on."""
    batch = a_batch(told_of(an_episode_of(OPENED, sequence=1)))
    for number, draft in enumerate(drafts):
        assert batch.add(command(draft, EPISODE, id=UUID(int=500 + number)))
    return [
        Notification(it.originator_id, it.originator_version, it.topic, it.state, 10 * place)
        for place, it in enumerate(batch.write_set.events, 1)
    ]


@dataclass
class Tail:
    """The log as the relay reads it. `epoch` is that of who may move the position."""

    events: list[Notification]
    epoch: int = 1
    position: int = 0
    waits: list[float] = field(default_factory=list)
    asked: list[set[tuple[str, UUID]]] = field(default_factory=list)
    then: Any = None

    @property
    def connection(self) -> "Tail":
        return self

    def execute(self, _: str, moved: tuple[int, str, int], prepare: bool) -> Any:
        position, _follower, epoch = moved
        self.rowcount = int(epoch == self.epoch)
        self.position = position if self.rowcount else self.position
        return self

    def page(self, after: int, most: int) -> Sequence[Notification]:
        return [event for event in self.events if event.id > after][:most]

    def of_episode(self, episode: UUID, after: int, upto: int, most: int) -> Sequence[Notification]:
        return [it for it in self.page(after, most) if it.originator_id == episode and it.id <= upto]

    def keys(self, clients: Collection[tuple[str, UUID]]) -> Mapping[UUID, DataKey]:
        self.asked.append(set(clients))
        return KEYS

    def head(self) -> int:
        return 990

    def wait(self, most: float) -> None:
        self.waits.append(most)
        self.then()


@dataclass
class Send:
    """The future of a send: there at once, or never."""

    is_done: bool
    exception: KafkaError | None = None

    def get(self, timeout: float) -> None:
        raise KafkaTimeoutError


@dataclass
class Sender:
    acknowledges: bool = True
    refusal: KafkaError | None = None
    sent: list[tuple[str, bytes, bytes, Any]] = field(default_factory=list)

    def send(self, topic: str, value: bytes, key: bytes, headers: Any) -> Send:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((topic, key, value, headers))
        return Send(self.acknowledges)


@dataclass
class Written:
    """A log one can read."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def info(self, event: str, **more: Any) -> None:
        self.lines.append((event, more))

    error = info


@dataclass
class Relaying:
    tail: Tail
    sender: Sender = field(default_factory=Sender)
    log: Written = field(default_factory=Written)
    page: int = 500
    claimed: int = 0
    rows: HeldRows = field(default_factory=HeldRows)
    networks: tuple[str, ...] = (NETWORK,)

    def __post_init__(self) -> None:
        self.stopping = threading.Event()
        self.tail.then = self.stopping.set
        self.progress = Progress(lambda: NOW + timedelta(seconds=60), "relay", "sent")
        self.relay = Relay(
            tail=self.tail,  # type: ignore[arg-type]
            sender=self.sender,
            claim=Claim("kafka", 1, self.claimed),
            held=HeldBack(self.rows, self.networks, self.log),
            public_url=URL,
            progress=self.progress,
            log=self.log,
            page=self.page,
        )

    def run(self) -> bool:
        """Until it finds nothing more to do."""
        return self.relay.run(self.stopping)


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The crash points on the way."""
    names: list[str] = []
    monkeypatch.setattr(relays, "crash_point", names.append)
    return names


def test_all_is_sent_in_order_acknowledged_and_moved_past(passed: list[str]) -> None:
    events = log_of(a_baseline, a_consent(march(3)), a_baseline)
    relaying = Relaying(Tail(events), page=2)
    assert relaying.run()
    public = [decode(events[place], KEYS) for place in (0, 2)]
    messages = [published(entry, URL) for entry in public]
    assert relaying.sender.sent == [(topic_of(NETWORK), *to_kafka(it)) for it in messages if it is not None]
    assert (relaying.tail.position, relaying.tail.waits) == (30, [1.0])
    assert relaying.tail.asked == [{(NETWORK, CLIENT)}] * 2
    progress = relaying.progress
    assert (progress.position, progress.done, progress.head, progress.oldest) == (30, 2, 30, None)
    assert relaying.log.lines == [("stopped", {"abandoned": 0, **progress.figures()})]
    page = ["relay.before-send", "relay.after-send", "relay.after-acknowledgement", "relay.after-move"]
    assert passed == page * 2


def test_a_page_of_private_events_asks_for_no_key_and_is_moved_past() -> None:
    relaying = Relaying(Tail(log_of(a_consent(march(3)))))
    assert relaying.run()
    assert (relaying.tail.position, relaying.tail.asked, relaying.sender.sent) == (10, [], [])


def test_it_begins_after_the_position_it_claimed() -> None:
    relaying = Relaying(Tail(log_of(a_baseline, a_baseline)), claimed=10)
    assert relaying.run()
    assert len(relaying.sender.sent) == 1


def test_what_was_never_acknowledged_is_abandoned_and_the_position_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relays, "LAST_WAIT", 0.0)
    relaying = Relaying(Tail(log_of(a_baseline)), Sender(acknowledges=False))
    relaying.relay._send_page()
    relaying.relay._advance(wait=0.0)
    relaying.stopping.set()
    assert not relaying.run()
    assert (relaying.tail.position, relaying.progress.head) == (0, 10)
    assert relaying.progress.oldest == decode(relaying.tail.events[0], KEYS).metadata.recorded_at
    assert relaying.log.lines == [("stopped", {"abandoned": 1, **relaying.progress.figures()})]


def test_what_was_sent_last_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    relaying = Relaying(Tail(log_of(a_baseline)))
    relaying.relay._send_page()
    relaying.stopping.set()
    assert relaying.run()
    assert relaying.tail.position == 10


def test_no_more_is_in_flight_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    events = log_of(*[a_baseline] * 3)
    for most, sent in ((3, 2), (2, 2), (1, 0)):
        monkeypatch.setattr(relays, "MAX_IN_FLIGHT", most)
        relaying = Relaying(Tail(events), Sender(acknowledges=False), page=2)
        while relaying.relay._has_room() and relaying.relay._send_page():
            pass
        assert len(relaying.sender.sent) == sent


def test_a_send_that_is_refused_ends_it_and_names_the_failure_and_the_topic() -> None:
    relaying = Relaying(Tail(log_of(a_baseline)), Sender(refusal=KafkaTimeoutError("with the message")))
    with pytest.raises(NotSent, match=f"^KafkaTimeoutError on {topic_of(NETWORK)}$"):
        relaying.run()
    assert relaying.tail.position == 0


def test_who_was_replaced_moves_nothing() -> None:
    relaying = Relaying(Tail(log_of(a_baseline), epoch=2))
    with pytest.raises(Deposed, match="later epoch"):
        relaying.run()
    assert (relaying.tail.position, relaying.progress.position) == (0, 0)


def test_a_public_event_of_a_later_release_is_held_with_what_comes_after_it() -> None:
    first, second, third = log_of(*[a_baseline] * 3)
    relaying = Relaying(Tail([first, unheard_of(second), third]))
    assert relaying.run()
    assert (len(relaying.sender.sent), relaying.tail.position) == (1, 30)
    reason = "unheard-of.1 is of a later release"
    assert relaying.rows.held() == [Held("episode", str(EPISODE), 19, reason)]
    assert relaying.log.lines[0] == (
        "episode held back",
        {"episode": str(EPISODE), "position": 20, "reason": reason},
    )


def test_once_it_can_be_read_it_is_sent_and_then_what_comes_after_it() -> None:
    first, second, third = log_of(*[a_baseline] * 3)
    rows = HeldRows()
    assert Relaying(Tail([first, unheard_of(second), third]), rows=rows).run()
    again = Relaying(Tail([first, second, third]), rows=rows, claimed=30)
    assert again.run()
    assert [sent[1:] for sent in again.sender.sent] == [_record(second), _record(third)]
    assert rows.held() == []


def test_a_network_that_is_not_configured_is_held_from_its_first_event_on() -> None:
    events = log_of(*[a_baseline] * 3)
    rows = HeldRows()
    relaying = Relaying(Tail(events), rows=rows, networks=("another",))
    assert relaying.run()
    assert (relaying.sender.sent, relaying.tail.position) == ([], 30)
    assert rows.held() == [Held("network", NETWORK, 9, "not configured")]
    again = Relaying(Tail(events), rows=rows, claimed=30, page=2)
    assert again.run()
    assert [sent[1:] for sent in again.sender.sent] == [_record(event) for event in events]
    assert rows.held() == []


def test_a_network_that_is_not_configured_is_held_from_where_the_relay_stands_if_that_is_earlier() -> None:
    """The server may lose a move of the position in a crash, and keep what was held after it."""
    rows = HeldRows()
    rows.hold(Held("network", NETWORK, 29, "not configured"))
    relaying = Relaying(Tail(log_of(*[a_baseline] * 3)), rows=rows, networks=("another",), claimed=10)
    assert relaying.run()
    assert (relaying.sender.sent, rows.held()[0].after) == ([], 19)


def test_of_a_retired_network_nothing_is_sent_though_it_is_configured_again() -> None:
    rows = HeldRows(no_more={NETWORK})
    relaying = Relaying(Tail(log_of(a_baseline)), rows=rows)
    assert relaying.run()
    assert (relaying.sender.sent, rows.held(), relaying.tail.position) == ([], [], 10)


def test_what_fails_for_every_event_alike_is_no_events_fault() -> None:
    """With another key all of them look damaged."""
    events = [_of_another_episode(event, number) for number in range(11) for event in log_of(a_baseline)]
    relaying = Relaying(Tail(events))
    with pytest.raises(NothingReadable, match="no event can be read"):
        relaying.run()
    assert (relaying.rows.held(), relaying.tail.position) == ([], 0)


def _of_another_episode(event: Notification, number: int) -> Notification:
    """A damaged one."""
    return replace(event, originator_id=UUID(int=number), state=b"\x01", id=number + 1)


def _record(event: Notification) -> Any:
    message = published(decode(event, KEYS), URL)
    assert message is not None
    return to_kafka(message)


def test_a_private_event_of_a_later_release_is_passed_over() -> None:
    (event,) = log_of(a_consent(march(3)))
    relaying = Relaying(Tail([unheard_of(event)]))
    assert relaying.run()
    assert (relaying.tail.position, relaying.sender.sent) == (10, [])


def test_now_and_then_it_tells_how_far_it_is_if_it_did_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "REPORT_EVERY", 0.0)
    relaying = Relaying(Tail(log_of(a_baseline)))
    assert relaying.run()
    published_once = [more for event, more in relaying.log.lines if event == "published"]
    assert published_once == [replace(relaying.progress, head=990).figures()]
    silent = Relaying(Tail([]))
    assert silent.run()
    assert [event for event, _ in silent.log.lines] == ["stopped"]
    monkeypatch.setattr(relays, "REPORT_EVERY", 60.0)
    early = Relaying(Tail(log_of(a_baseline)))
    assert early.run()
    assert [event for event, _ in early.log.lines] == ["stopped"]
