"""What a flood by one caller costs others: the latency of another network's requests beside it, and alone.

The flood comes from `wrk`, with one token. The others send a command and a read at a steady rate, and latency
counts from when each was meant to start (`pacing`). Each round measures alone and beside the flood in turn.
"""

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import aiohttp

from bench.machine import Machine
from bench.pacing import paced
from bench.serving import BODY, one_api
from bench.table import MILLISECONDS, Row
from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api

WRITERS, READERS, POLLS = 64, 200, 400
"""The connections of each flood."""

PER_SECOND = 8.0
"""How many commands, and as many reads, the others send each second."""

DIRECTORY = (("clinics", CLINIC, "Clinic"), ("staff", THERAPIST, "Staff"), ("partners", PARTNER, "Partner"))
EPISODES = 50

Flood = Callable[[], "subprocess.Popen[bytes]"]


@dataclass
class Caller:
    """A caller, with episodes of its network."""

    api: Api
    token: str

    def __post_init__(self) -> None:
        self.headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        for path, identifier, entry in (*DIRECTORY, ("clients", CLIENT, "ClientIdentity")):
            self.api.http.put(f"/v1/{path}/{identifier}", json=EXAMPLES[entry], headers=self.headers)
        opening = EXAMPLES["EpisodeOpenedCommand"]
        opened = [
            self.api.record("/v1/episodes", opening, headers=self.headers).json() for _ in range(EPISODES)
        ]
        self.episodes = [f"/v1/episodes/{one['episode']['id']}" for one in opened]

    def end(self) -> str:
        """The end of the feed."""
        page: dict[str, Any] = {"next": "p0", "events": [None]}
        while page["events"]:
            query = f"after={page['next']}&limit=1000"
            page = self.api.http.get(f"/v1/feed?{query}", headers=self.headers).json()
        return str(page["next"])

    def flood(
        self, script: str, connections: int, seconds: float, *arguments: str
    ) -> "subprocess.Popen[bytes]":
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s"]
        command += [str(Path(__file__).with_name(script)), self.api.url, "--", *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    async def p50s(self, seconds: float) -> tuple[float, float]:
        """The medians of commands and of reads, in milliseconds, sent for so many seconds."""
        body = json.dumps(BODY).encode()
        async with aiohttp.ClientSession(self.api.url, headers=self.headers) as http:

            async def command(number: int) -> None:
                path = f"{self.episodes[number % EPISODES]}/assessments"
                key = {"idempotency-key": str(uuid4())}
                async with http.post(path, data=body, headers=key) as answer:
                    await answer.read()

            async def read(number: int) -> None:
                async with http.get(self.episodes[-number % EPISODES]) as answer:
                    await answer.read()

            commands, reads = await asyncio.gather(
                paced(command, PER_SECOND, seconds), paced(read, PER_SECOND, seconds)
            )
        return median(commands), median(reads)


def measure(machine: Machine) -> Iterator[Row]:
    """Two rows for each flood: commands, and reads."""
    database = machine.episodes()
    with one_api(database) as (service, api, place):
        ours, theirs = (Caller(api, service.token(network=name)) for name in ("demo", "other"))
        paths, body = place / "paths", place / "body"
        paths.write_text("\n".join(f"{it}/assessments" for it in theirs.episodes))
        body.write_text(json.dumps(BODY))
        polling = Caller(api, service.token())
        for_seconds = machine.seconds + 2

        def writing() -> "subprocess.Popen[bytes]":
            run = str(uuid4().int % 10**6)
            return theirs.flood("load.lua", WRITERS, for_seconds, str(paths), str(body), theirs.token, run)

        def reading() -> "subprocess.Popen[bytes]":
            return theirs.flood("flood.lua", READERS, for_seconds, theirs.episodes[0], "", theirs.token)

        def polls() -> "subprocess.Popen[bytes]":
            path, end = "/v1/feed?limit=1&wait=25&after=", polling.end()
            return polling.flood("flood.lua", POLLS, for_seconds, path, end, polling.token)

        yield from _beside(f"{WRITERS} writers", writing, ours, machine)
        yield from _beside(f"{READERS} readers", reading, ours, machine)
        yield from _beside(f"{POLLS} long-polls", polls, ours, machine)


def _beside(what: str, flood: Flood, others: Caller, machine: Machine) -> Iterator[Row]:
    alone, beside = [], []
    for _ in range(machine.rounds):
        alone.append(asyncio.run(others.p50s(machine.seconds)))
        process = flood()
        asyncio.run(others.p50s(1))  # until the flood is there
        beside.append(asyncio.run(others.p50s(machine.seconds)))
        process.wait(60)
    for kind, name in enumerate(("commands", "reads")):
        ours, anchor = ([one[kind] for one in figures] for figures in (beside, alone))
        yield Row(f"{name} beside {what}, p50", ours, "the same alone", anchor, None, MILLISECONDS, True)
