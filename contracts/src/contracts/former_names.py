"""Attributes that had another name in the release before.

This release writes them under both names. It reads either, as later ones will for as long as a topic may hold
a record of the release before.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from contracts.envelope import Unreadable

FORMER: Mapping[str, str] = MappingProxyType(
    {"publishednumber": "sequence", "recordedtime": "recordedat", "recordref": "dataref"}
)
"""The former name of each attribute that had one.

`sequence` and `dataref` are names of CloudEvents extensions that say something else: the one orders by plain
comparison of text, what the other names is identical to `data`. `recordedtime` is the registered name.
"""
PADDED = 20
"""The digits of `sequence` on Kafka. Padded, it is the extension of that name, and stays when others go."""


def under_both(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes to write, those of `FORMER` under both names."""
    return {**attributes, **{former: attributes[name] for name, former in FORMER.items()}}


def by_todays_names(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that were read, without null ones, which are absent ones.

    Raises `Unreadable` if one says something else under its former name.
    """
    named = {name: value for name, value in attributes.items() if value is not None}
    for name, former in FORMER.items():
        if former in named:
            value = named.pop(former)
            if _plain(named.setdefault(name, value)) != _plain(value):
                raise Unreadable(f"{name} and {former} differ")
    return named


def _plain(value: object) -> object:
    """A count is the same with zeros before it, and as text or number."""
    return str(value).lstrip("0") if isinstance(value, str | int) else value
