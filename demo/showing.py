"""The lines that a walk prints."""

import shlex
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from demo.addresses import Addresses
from demo.commands import Command
from demo.lines import Document, line, moment
from demo.private_files import for_its_owner_alone
from demo.scripts import Script

HEADING = f"\n{'version':>7}  {'event':24}{'occurred at':18}what became of it"


def title(script: Script, commands: list[Command], today: date) -> str:
    last = f"{len(commands)} steps, laid out so that the last was the day before {today}"
    return f"\n{script.id}: {script.title}\n{last}"


def step(event: Document, course: str) -> str:
    """The line for one recorded event, with its publication and webhook."""
    name = event["type"].rpartition(".")[0]
    return f"{event['version']:7}  {name:24}{moment(event['occurred_at']):18}{course}"


def inbox(items: Iterable[Document]) -> str:
    lines = [line(it["severity"], f"{it['concern']}, {moment(it['occurred_at'])}") for it in items]
    return "\n".join(["\nThe clinic's inbox about it:", *(lines or [line("", "nothing")])])


def addresses(all_of: Addresses) -> str:
    return "\n".join(
        [
            "\nAddresses",
            line("episodes", f"{all_of.episodes}   /openapi.json /metrics /health/ready"),
            line("notifications", f"{all_of.notifications}   /openapi.json /metrics /health/ready"),
            line("demo partner", f"{all_of.partner}   what it received"),
        ]
    )


def tokens(by_role: Mapping[str, str], file: Path | None) -> str:
    """A token for each role. Where the output is kept, they are in a file that only its owner may read."""
    lines = [f"{role.upper()}={token}" for role, token in by_role.items()]
    if file is None:
        return "\n".join(["\nA token per role, to paste into a shell (valid for a day)", *lines])
    with open(file, "w", opener=for_its_owner_alone) as kept:
        kept.write("\n".join([*lines, ""]))
    return f"\nA token per role (valid for a day)\n  . {shlex.quote(str(file))}"


def to_try(all_of: Addresses, episode: str | None) -> str:
    """Two requests to try."""
    shown = f"/v1/episodes/{episode}/history" if episode else "/v1/feed"
    reader = "THERAPIST" if episode else "SERVICE"
    subscriptions = f"{all_of.notifications}/v1/subscriptions"
    return "\n".join(
        [
            "\nTwo requests to try",
            f'  curl -H "Authorization: Bearer ${reader}" {all_of.episodes}{shown}',
            f'  curl -H "Authorization: Bearer $PARTNER" {subscriptions}',
        ]
    )
