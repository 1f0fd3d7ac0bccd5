"""Reads of episodes over HTTP: whether time tells whose an episode is, and what a long one costs others.

The 404s take turns with that of an id that does not exist, so that a slow minute affects them equally.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

import aiohttp

from bench.machine import Machine
from bench.pacing import p50_and_p99, paced
from bench.serving import one_api
from bench.table import MILLISECONDS, Row
from episodes.http.examples import CLINIC, EXAMPLES
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.log_writer import Log, opening, session

USUAL_EVENTS, LONG_EVENTS, LONG_WORDS = 20, 600, 50_000
"""A usual episode, and one of 30 MB: how many events, and how many characters the note of each has."""

CLOSEST, FARTHEST = 0.8, 1.25
"""Between these the medians of two 404s count as equal."""

OTHERS_PER_SECOND = 50

Strangers = Mapping[str, str]
"""Tokens of those who have no right to an episode, by what they are."""


def measure(machine: Machine) -> Iterator[Row]:
    """The medians of 404s, then how long others wait while a long episode is read."""
    database = machine.episodes()
    with one_api(database) as (service, api, _):
        api.http.put(f"/v1/clinics/{CLINIC}", json=EXAMPLES["Clinic"])
        with closing(Log(database, service.keys_dir)) as log:
            usual, long = (_written(log, *size) for size in ((USUAL_EVENTS, 500), (LONG_EVENTS, LONG_WORDS)))
        yield from _not_there(machine, service, api, {"": usual, ", 30 MB": long})
        yield from _others(machine, service, api, long)


def _written(log: Log, events: int, words: int) -> str:
    episode = log.episode()
    log.record([(episode, opening(episode))])
    for _ in range(events - 1):  # one at a time: a transaction takes less than 440 kB
        log.record([(episode, session("w" * words))])
    return f"/v1/episodes/{episode.id}"


def _not_there(machine: Machine, service: Service, api: Api, paths: Mapping[str, str]) -> Iterator[Row]:
    strangers: Strangers = {
        "of another network": service.token("auditor", network="other"),
        "of another clinic": service.token("therapist", clinics=(uuid4(),)),
        "to a stranger partner": service.token("partner", organisation=UUID(int=602)),
    }
    for size, path in paths.items():
        for whose, token in strangers.items():
            rounds = [_round(api, token, path, machine.seconds) for _ in range(machine.rounds)]
            ours, nobodys = ([one[place] for one in rounds] for place in (0, 1))
            what = f"404: {whose}{size}, p50"
            yield Row(what, ours, "404: an id that does not exist", nobodys, FARTHEST, MILLISECONDS, True)
            yield Row("", ours, "", nobodys, CLOSEST, MILLISECONDS)


def _round(api: Api, token: str, path: str, seconds: float) -> tuple[float, float]:
    """The medians of the two 404s, in milliseconds. Each is asked first as often as the other."""
    took: tuple[list[float], list[float]] = ([], [])
    headers, until = {"authorization": f"Bearer {token}"}, time.monotonic() + seconds
    while time.monotonic() < until:
        for mine in (True, False, False, True):
            asked, figures = (path, took[0]) if mine else (f"/v1/episodes/{uuid4()}", took[1])
            began = time.perf_counter()
            answer = api.http.get(asked, headers=headers)
            figures.append((time.perf_counter() - began) * 1_000)
            assert answer.status_code == 404, answer.text
    return median(took[0]), median(took[1])


def _others(machine: Machine, service: Service, api: Api, long: str) -> Iterator[Row]:
    """A small read at a steady rate, while a second process reads the long episode again and again."""
    quiet, beside, reads = [], [], list[float]()
    token = service.token()
    for _ in range(machine.rounds):
        quiet.append(asyncio.run(_small_reads(api.url, token, machine.seconds)))
        with reading(f"{api.url}{long}", token) as took:
            beside.append(asyncio.run(_small_reads(api.url, token, machine.seconds)))
        reads.append(median(took))
    aim = [1_000.0] * machine.rounds
    yield Row("state of 30 MB, its own reader, p50", reads, "one second", aim, None, MILLISECONDS, True)
    for place, name in enumerate(("p50", "p99")):
        with_it, without = ([figures[place] for figures in those] for those in (beside, quiet))
        what = f"a small read beside it, {name}"
        yield Row(what, with_it, "the same while nobody reads it", without, None, MILLISECONDS, True)


@contextmanager
def reading(url: str, token: str) -> Iterator[list[float]]:
    """A process that reads it again and again, from its first answer on; in the end, how long each took in
    milliseconds."""
    context = get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_read, args=(url, token, its))
    process.start()
    took: list[float] = []
    ours.recv()
    try:
        yield took
    finally:
        ours.send("enough")
        took += ours.recv()
        process.join()


async def _small_reads(url: str, token: str, seconds: float) -> tuple[float, float]:
    headers = {"authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:

        async def ask(_: int) -> None:
            async with http.get(f"/v1/clinics/{CLINIC}") as answer:
                await answer.read()
                answer.raise_for_status()

        return p50_and_p99(await paced(ask, OTHERS_PER_SECOND, seconds))


def _read(url: str, token: str, told: Connection) -> None:
    took: list[float] = []
    while not told.poll():
        began = time.perf_counter()
        with urlopen(Request(url, headers={"authorization": f"Bearer {token}"})) as answer:
            while answer.read(1 << 20):
                pass
        took.append((time.perf_counter() - began) * 1_000)
        if len(took) == 1:
            told.send("begun")
    told.send(took)
