"""Walks one published case through the public HTTP API, and shows each step as it happens."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.events import PUBLISHED
from laptop import showing
from laptop.addresses import Addresses
from laptop.api import Api
from laptop.cases import Case
from laptop.clients import client_of
from laptop.commands import Command, commands_of
from laptop.feed import Feed
from laptop.setting import Setting
from laptop.tokens import ROLES, token

_PATIENCE = 20.0
_TOLD_AS = {"plan_set": "plans", "session_delivered": "sessions", "episode_closed": "closure"}
"""Of what a walk records: what notifications tells partners, and the kind of consent it takes."""


class Tokens:
    """One per role; issuing takes a moment each, so they are issued side by side."""

    def __init__(self, setting: Setting) -> None:
        pool = ThreadPoolExecutor(max_workers=2)
        self._issued: dict[str, Future[str]] = {role: pool.submit(token, role, setting) for role in ROLES}
        pool.shutdown(wait=False)

    def __getitem__(self, role: str) -> str:
        return self._issued[role].result()


@dataclass(frozen=True)
class Walk:
    """One case, one client. `event_ids` are those of the steps recorded so far."""

    setting: Setting
    addresses: Addresses
    tokens: Tokens
    therapist: Api
    partner: Api
    feed: Feed

    def record(self, commands: list[Command]) -> str:
        """Every step in order; gives the episode. Steps recorded before change nothing."""
        made: dict[str, str] = {}
        episode, repeated = "", 0
        print(showing.HEADING, flush=True)
        for command in commands:
            path = "/v1/episodes" if not episode else f"/v1/episodes/{episode}/{command.resource}"
            answer, before = self.therapist.record(path, command.body_with(made), str(command.key))
            episode, made[command.step] = answer["episode"]["id"], answer["events"][0]["id"]
            repeated += before
            for event in answer["events"]:
                print(
                    showing.step(event, "recorded before" if before else self._course_of(event)), flush=True
                )
        if repeated == len(commands):
            print("This case was walked to its end before. AGAIN=1 walks it with a new client.")
        return str(episode)

    def _course_of(self, event: dict[str, Any]) -> str:
        """What became of an event just recorded."""
        name = event["type"].rpartition(".")[0].replace("-", "_")
        if f"care.episode.{name}.v1" not in PUBLISHED:
            return "private"
        position = self.feed.position_of(event["id"], _PATIENCE)
        published = "not published yet" if position is None else f"published, {position}"
        if _TOLD_AS.get(name) not in self.setting.sharing_consent.kinds:
            return published
        return f"{published:18}  {self._delivery_of(event['id'])}"

    def _delivery_of(self, event_id: str) -> str:
        webhook = self.partner.find(f"/events/{event_id}?wait={_PATIENCE:.0f}")
        if webhook is None:
            return "not delivered yet"
        return f"webhook {webhook['number']} verified by the partner after {webhook['milliseconds']} ms"


def walk(setting: Setting, addresses: Addresses, case: Case | None, again: bool) -> None:
    """Walk the case, if any, then show where everything is. Raises `Refused` and httpx's errors."""
    tokens = Tokens(setting)
    for address in (addresses.episodes, addresses.notifications, addresses.partner):
        Api(address).ready()
    episode = None if case is None else _walk_case(setting, addresses, tokens, case, again)
    print(showing.addresses(addresses))
    print(showing.tokens({role: tokens[role] for role in ROLES}))
    print(showing.to_try(addresses, episode))


def _walk_case(setting: Setting, addresses: Addresses, tokens: Tokens, case: Case, again: bool) -> str:
    directory = Api(addresses.episodes, tokens["coordinator"])
    enter_setting(directory, setting)
    today = datetime.now(ZoneInfo(setting.clinic.zone)).date()
    client = client_of(directory, setting, case["id"], again, today)
    commands = commands_of(case, setting, client.id, client.today)
    feed = Feed(Api(addresses.episodes, tokens["service"]))
    feed.go_to_end()
    therapist = Api(addresses.episodes, tokens["therapist"])
    print(showing.title(case, commands, client.today))
    course = Walk(setting, addresses, tokens, therapist, Api(addresses.partner), feed)
    episode = course.record(commands)
    print(showing.state(therapist.get(f"/v1/episodes/{episode}")))
    inbox = Api(addresses.notifications, tokens["therapist"]).get("/v1/inbox")
    print(showing.inbox([item for item in inbox["items"] if item["episode"] == episode]))
    return episode


def enter_setting(directory: Api, setting: Setting) -> None:
    """The clinic, its therapist and the partner, in the directory; doing it twice changes nothing."""
    clinic, therapist, partner = setting.clinic, setting.therapist, setting.partner
    directory.put(f"/v1/clinics/{clinic.id}", {"zone": clinic.zone, "jurisdiction": clinic.jurisdiction})
    licence = {"jurisdiction": clinic.jurisdiction, "number": therapist.licence}
    directory.put(f"/v1/staff/{therapist.id}", {"role": "therapist", "licences": [licence]})
    directory.put(f"/v1/partners/{partner.id}", {"kind": partner.kind, "organisation": partner.organisation})
