"""What a record is sensitive about: a fact so labelled goes to no partner without a consent that names it."""

from collections.abc import Iterator, Mapping
from typing import Any

from laptop.course.chart import Body

WORDS: Mapping[str, tuple[str, ...]] = {
    "abuse": ("domestic abuse",),
    "mental_health": (
        "anxiety",
        "depression",
        "post-traumatic stress",
        "trauma history",
        "trauma symptoms",
    ),
}
"""A label, and the words of the reports that call for it."""


def labelled(body: Body) -> Body:
    """The body, with the labels its words call for."""
    said = "\n".join(_texts(body)).casefold()
    labels = [label for label, words in WORDS.items() if any(word in said for word in words)]
    return {**body, "labels": labels} if labels else body


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _texts(part)
        case list():
            for part in value:
                yield from _texts(part)
