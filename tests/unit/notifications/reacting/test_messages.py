"""A message is read as it came, kept whole, and tells whose it is even where it cannot be read."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest

from contracts.codec import CloudEvent, to_kafka
from contracts.envelope import Unreadable
from notifications.reacting.knowledge import Consent, Knowledge
from notifications.reacting.messages import FeedMessage, KafkaMessage, Message, unpack
from notifications.reacting.owed import WebhookOwed
from notifications.reacting.react import FOLLOWS, FOREIGN, react
from tests.support.notifications.ledger_in_memory import LedgerInMemory
from tests.support.notifications.published_events import BEGAN, Care, documents, id_of

CARE = Care()
PARTNER = UUID(int=11)
By = Callable[[CloudEvent], Message]
CONSENT = Consent(UUID(int=13), PARTNER, frozenset({"plans"}), BEGAN)


def by_kafka(event: CloudEvent, network: str = "demo") -> KafkaMessage:
    key, value, headers = to_kafka(event)
    return KafkaMessage(network, "care.demo/0/7", key, value, headers)


def by_feed(event: CloudEvent, network: str = "demo") -> FeedMessage:
    return FeedMessage(network, "after 7", documents([event])[0])


@pytest.mark.parametrize("by", [by_kafka, by_feed])
def test_a_message_is_read_by_either_way_and_tells_its_event_and_its_episode(by: By) -> None:
    event = CARE.plan()
    message = by(event)
    read = message.read()
    assert (read.id, read.episode, read.network) == (id_of(event), CARE.episode, "demo")
    assert message.hints() == (id_of(event), CARE.episode)


@pytest.mark.parametrize("by", [by_kafka, by_feed])
def test_what_is_kept_of_a_message_gives_it_back(by: By) -> None:
    message = by(CARE.plan())
    again = unpack(message.network, message.place, message.form, message.raw())
    assert (again.form, again.network, again.place) == (message.form, message.network, message.place)
    assert again.read() == message.read()
    assert again.raw() == message.raw()
    assert type(again) is type(message)


def test_bytes_that_are_no_text_nor_there_are_kept_as_they_are() -> None:
    message = KafkaMessage("demo", "here", b"\xff\x00", None, [("ce_id", b"\xfe"), ("other", b"")])
    assert unpack("demo", "here", message.form, message.raw()) == message
    nothing = KafkaMessage("demo", "here", None, b"", [])
    assert unpack("demo", "here", nothing.form, nothing.raw()) == nothing


def test_two_copies_of_a_document_are_kept_alike_whatever_the_order_of_its_names() -> None:
    document = documents([CARE.plan()])[0]
    turned = dict(reversed(document.items()))
    assert FeedMessage("demo", "a", document).raw() == FeedMessage("demo", "b", turned).raw()
    assert json.loads(FeedMessage("demo", "a", document).raw()) == document


@pytest.mark.parametrize(
    "message",
    [
        KafkaMessage("demo", "here", None, b"{}", []),
        KafkaMessage("demo", "here", b"\xff", b"{}", [("ce_id", b"\xff"), ("ce_subject", b"x")]),
        KafkaMessage("demo", "here", b"no id", b"{}", [("id", str(PARTNER).encode())]),
        FeedMessage("demo", "here", ["no", "event"]),
        FeedMessage("demo", "here", {"id": 7, "subject": None}),
        FeedMessage("demo", "here", {"id": "no id", "subject": "none either"}),
    ],
)
def test_an_unreadable_message_says_so_and_tells_nothing_it_does_not_know(message: Message) -> None:
    assert message.hints() == (None, None)
    with pytest.raises(Unreadable):
        message.read()


def test_an_unreadable_message_tells_what_it_knows() -> None:
    other = UUID(int=12)
    headers = [("ce_source", b"x"), ("ce_id", str(PARTNER).encode())]
    assert KafkaMessage("demo", "here", str(other).encode(), None, headers).hints() == (PARTNER, other)
    assert FeedMessage("demo", "here", {"id": str(PARTNER), "subject": str(other)}).hints() == (
        PARTNER,
        other,
    )


async def test_what_cannot_be_read_is_parked_with_its_reason_and_what_it_tells() -> None:
    message = KafkaMessage("demo", "here", str(CARE.episode).encode(), None, [("ce_id", b"x")])
    ledger = LedgerInMemory()
    await react(ledger, message)
    ((parked, reason, event, episode),) = ledger.parked
    assert (parked, event, episode) == (message, None, CARE.episode)
    assert reason not in (FOLLOWS, FOREIGN, "")
    assert not ledger.owed


async def test_an_event_of_another_network_than_its_topics_is_parked() -> None:
    ledger, event = LedgerInMemory(), CARE.plan()
    message = by_kafka(event, network="east")
    await react(ledger, message)
    assert ledger.parked == [(message, FOREIGN, id_of(event), CARE.episode)]


async def test_what_follows_a_parked_message_of_its_episode_is_parked_unless_it_was_seen() -> None:
    unreadable = FeedMessage("demo", "here", {"subject": str(CARE.episode)})
    message = by_feed(event := CARE.plan())
    ledger = LedgerInMemory()
    await react(ledger, unreadable)
    await react(ledger, message)
    assert ledger.parked[1:] == [(message, FOLLOWS, id_of(event), CARE.episode)]
    assert not ledger.owed
    ledger = LedgerInMemory(seen_events={id_of(event)})
    await react(ledger, unreadable)
    await react(ledger, message)
    assert len(ledger.parked) == 1
    assert not ledger.owed


async def test_an_event_teaches_and_owes_once() -> None:
    care = Care()
    event = care.plan()
    ledger = LedgerInMemory(known={care.episode: Knowledge(CARE.clinic, consents=(CONSENT,))})
    for _ in range(2):
        await react(ledger, by_feed(event))
    assert ledger.known[care.episode] == Knowledge(care.clinic, sequence=1, consents=(CONSENT,))
    assert ledger.owed == [(id_of(event), WebhookOwed(PARTNER))]
