"""Compares two versions of an AsyncAPI document, by operation, because that states who sends."""

from collections.abc import Iterator

from tests.support.released import schema
from tests.support.released.places import Break, Place
from tests.support.released.schema import Direction

_SILENT = "consumers that wait for it hear nothing"
_ELSEWHERE = "consumers look for it where it was"
_FACTS = ("name", "contentType")


def breaks(old: Place, new: Place) -> Iterator[Break]:
    """Every promise of the old document that the new one does not keep."""
    for kind in ("servers", "channels", "operations"):
        after = new.at(kind)
        for name, place in old.at(kind).parts():
            if name not in after.value:
                yield old.at(kind).broken(f"{name} is gone from {kind}", _SILENT, name)
            else:
                yield from _COMPARED[kind](place, after.at(name))


def _server(old: Place, new: Place) -> Iterator[Break]:
    yield from _same(old, new, "protocol")


def _channel(old: Place, new: Place) -> Iterator[Break]:
    yield from _same(old, new, "address")
    yield from _same(old.at("bindings", "kafka"), new.at("bindings", "kafka"), "topic")


def _operation(old: Place, new: Place) -> Iterator[Break]:
    """The breaks in the messages of an operation's channel."""
    yield from _same(old, new, "action")
    direction = Direction.SENT if old.get("action") == "send" else Direction.ACCEPTED
    before, after = (it.at("channel", "messages") for it in (old, new))
    for name, message in before.parts():
        if name in after.value:
            yield from _message(message, after.at(name), direction)
        else:
            yield before.broken(f"message {name} is gone", _SILENT, name)


def _message(old: Place, new: Place, direction: Direction) -> Iterator[Break]:
    for fact in _FACTS:
        yield from _same(old, new, fact)
    if "payload" in old.value:
        yield from schema.breaks(old.at("payload"), new.at("payload"), direction)
    yield from _around(old, new, direction)
    traits = {it.pointer: it for it in _traits(new)}
    for trait in _traits(old):
        if trait.pointer in traits:
            yield from _around(trait, traits[trait.pointer], direction)
        else:
            yield trait.broken("a trait is gone", "consumers that read its headers find nothing")


def _around(old: Place, new: Place, direction: Direction) -> Iterator[Break]:
    """The breaks in headers and key."""
    if "headers" in old.value:
        yield from schema.breaks(old.at("headers"), new.at("headers"), direction)
    before, after = (it.at("bindings", "kafka") for it in (old, new))
    if "key" not in before.value:
        return
    if "key" in after.value:
        yield from schema.breaks(before.at("key"), after.at("key"), direction)
    else:
        yield before.at("key").broken("the key is gone", "consumers that order or gather by it cannot")


def _traits(message: Place) -> list[Place]:
    return [message.at("traits", number) for number in range(len(message.get("traits", ())))]


def _same(old: Place, new: Place, name: str) -> Iterator[Break]:
    if old.get(name) != new.get(name):
        yield old.broken(f"{name} {old.get(name)} is now {new.get(name)}", _ELSEWHERE)


_COMPARED = {"servers": _server, "channels": _channel, "operations": _operation}
