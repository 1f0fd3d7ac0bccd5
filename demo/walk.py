"""Sends one case through the public HTTP API, and shows each step as it happens."""

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.events import PUBLISHED
from demo import rebuilt, showing
from demo.addresses import Addresses
from demo.api import Api, Refused
from demo.clients import client_of
from demo.commands import Command, commands_of
from demo.feed import Feed
from demo.scripts import Script
from demo.setting import Setting
from demo.sharing import Sharing
from demo.tokens import ROLES, token, tokens_file

_PATIENCE = 20.0
_HINT = "If the script or the setting changed since this walk began, AGAIN=1 begins anew with another client."


class Tokens:
    """A token for each role. Issuing one takes a moment, so they are issued concurrently."""

    def __init__(self, setting: Setting) -> None:
        pool = ThreadPoolExecutor(max_workers=2)
        self._issued: dict[str, Future[str]] = {role: pool.submit(token, role, setting) for role in ROLES}
        pool.shutdown(wait=False)

    def __getitem__(self, role: str) -> str:
        return self._issued[role].result()


@dataclass(frozen=True)
class Walk:
    """The walk of one case for one client: who sends the commands, and where their effects show."""

    setting: Setting
    therapist: Api
    partner: Api
    feed: Feed

    def record(self, commands: list[Command]) -> str:
        """Record every step in order and return the episode's id. Steps recorded before change nothing."""
        made: dict[str, str] = {}
        sharing = Sharing(self.setting.partner.id)
        episode, repeated = "", 0
        print(showing.HEADING, flush=True)
        for command in commands:
            answer, before = self._recorded(command, episode, made)
            episode, made[command.step] = answer["episode"]["id"], answer["events"][0]["id"]
            repeated += before
            sharing.follow(command)
            for event in answer["events"]:
                course = "recorded before" if before else self._course_of(event, command, sharing)
                print(showing.step(event, course), flush=True)
        if repeated == len(commands):
            print("This case was walked to its end before. AGAIN=1 walks it with a new client.")
        return str(episode)

    def _recorded(self, command: Command, episode: str, made: dict[str, str]) -> tuple[Any, bool]:
        path, body = command.path(episode, made), command.body_with(made)
        try:
            return self.therapist.record(path, body, str(command.key))
        except Refused as refusal:
            raise Refused(f"{command.step}: {refusal}\n{_HINT}") from None

    def _course_of(self, event: dict[str, Any], command: Command, sharing: Sharing) -> str:
        """Describe the publication and the webhook of a recorded event."""
        name = event["type"].rpartition(".")[0].replace("-", "_")
        if f"care.episode.{name}.v1" not in PUBLISHED:
            return "private"
        number = self.feed.number_of(event["id"], _PATIENCE)
        published = "not published yet" if number is None else f"published, {number}"
        if not sharing.covers(command):
            return published
        if labels := sharing.kept_back(command):
            return f"{published:18}  kept from the partner: {', '.join(labels)}"
        return f"{published:18}  {self._delivery_of(event['id'])}"

    def _delivery_of(self, event_id: str) -> str:
        webhook = self.partner.find(f"/events/{event_id}?wait={_PATIENCE:.0f}")
        if webhook is None:
            return "not delivered yet"
        return f"webhook {webhook['number']} verified by the partner after {webhook['milliseconds']} ms"


def walk(setting: Setting, addresses: Addresses, script: Script | None, again: bool) -> None:
    """Walk the script, if any, then show the addresses. Raises `Refused` and httpx's errors."""
    tokens = Tokens(setting)
    for address in (addresses.episodes, addresses.notifications, addresses.partner):
        with Api(address) as service:
            service.ready()
    episode = None if script is None else _walk_script(setting, addresses, tokens, script, again)
    print(showing.addresses(addresses))
    kept = None if sys.stdout.isatty() else tokens_file().resolve()
    print(showing.tokens({role: tokens[role] for role in ROLES}, kept))
    print(showing.to_try(addresses, episode))


def _walk_script(setting: Setting, addresses: Addresses, tokens: Tokens, script: Script, again: bool) -> str:
    today = datetime.now(ZoneInfo(setting.clinic.zone)).date()
    with (
        Api(addresses.episodes, tokens["coordinator"]) as directory,
        Api(addresses.episodes, tokens["service"]) as network,
    ):
        enter_setting(directory, network, setting)
        client = client_of(directory, setting, script.id, again, today)
    commands = commands_of(script, setting, client.id, client.today)
    with (
        Api(addresses.episodes, tokens["therapist"]) as therapist,
        Api(addresses.episodes, tokens["service"]) as service,
        Api(addresses.partner) as partner,
    ):
        feed = Feed(service)
        feed.go_to_end()
        print(showing.title(script, commands, client.today))
        episode = Walk(setting, therapist, partner, feed).record(commands)
        print(rebuilt.state(therapist.get(f"/v1/episodes/{episode}")))
    with Api(addresses.notifications, tokens["therapist"]) as notifications:
        items = notifications.get("/v1/inbox")["items"]
    print(showing.inbox([item for item in items if item["episode"] == episode]))
    return episode


def enter_setting(directory: Api, network: Api, setting: Setting) -> None:
    """Enter the clinic and its therapist, and the network's partner. A second time changes nothing."""
    clinic, therapist, partner = setting.clinic, setting.therapist, setting.partner
    directory.put(f"/v1/clinics/{clinic.id}", {"zone": clinic.zone, "jurisdiction": clinic.jurisdiction})
    licence = {"jurisdiction": clinic.jurisdiction, "number": therapist.licence}
    directory.put(f"/v1/staff/{therapist.id}", {"role": "therapist", "licences": [licence]})
    network.put(f"/v1/partners/{partner.id}", {"kind": partner.kind, "organisation": partner.organisation})
