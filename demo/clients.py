"""The client of a walk. The directory remembers it, so that an interrupted walk can be continued."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from demo.api import Api
from demo.setting import Setting

_WALKED = UUID("2f8e6d4c-1b3a-4957-8c0d-9e7f5a3b1d06")
_SYSTEM = "walked-case"


@dataclass(frozen=True)
class WalkedClient:
    """The client, and the day on which the walk began, from which the days of the case are counted back."""

    id: UUID
    today: date


def client_of(directory: Api, setting: Setting, case: str, again: bool, today: date) -> WalkedClient:
    """Return the last client this case was walked with, or a new one if there is none or `again`."""
    number, last = 1, None
    while (entry := directory.find(f"/v1/clients/{_id(case, number)}")) is not None:
        value = next(it["value"] for it in entry["identifiers"] if it["system"] == _SYSTEM)
        last = WalkedClient(_id(case, number), date.fromisoformat(value.split()[-1]))
        number += 1
    if last is None or again:
        last = WalkedClient(_id(case, number), today)
        directory.put(f"/v1/clients/{last.id}", _entry(setting, last, f"{case} {number} {today}"))
    return last


def _id(case: str, number: int) -> UUID:
    return uuid5(_WALKED, f"{case} {number}")


def _entry(setting: Setting, client: WalkedClient, walked: str) -> dict[str, object]:
    """The directory's entry: the partner's number for the client, and no name, since none is published."""
    partner = setting.partner
    return {
        "identifiers": [
            {"system": partner.id, "value": partner.number_of(client.id)},
            {"system": _SYSTEM, "value": walked},
        ]
    }
