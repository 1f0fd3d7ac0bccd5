"""Pages of the list over HTTP, among 100,000 episodes: the 95th percentile of each kind of query.

The lines are inserted where the role `project` would write them. The anchors are the target, a page in 20 ms,
and in the same round the smallest read of the API, one clinic by its id.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from statistics import quantiles
from uuid import UUID

import httpx

from bench.machine import Machine
from bench.serving import one_api
from bench.table import MILLISECONDS, Row
from tests.support.episodes.long_list import CLINICS, episode, fill

EPISODES = 100_000
AIM = 0.020
"""The target for the 95th percentile of a page, in seconds."""

CLINIC = f"/v1/clinics/{UUID(int=7)}"
SMALLEST = "one clinic by its id, at p95"
_MIDDLE = {"cursor": f"e{episode(EPISODES // 2).hex}"}
KINDS: Mapping[str, tuple[bool, Mapping[str, str]]] = {
    "newest": (False, {}),
    "from the middle": (False, _MIDDLE),
    "200 to a page": (False, {"limit": "200"}),
    "status": (False, {"status": "on_hold"} | _MIDDLE),
    "clinic": (False, {"clinic": str(UUID(int=7))} | _MIDDLE),
    "therapist, status": (False, {"therapist": str(UUID(int=11)), "status": "open"}),
    "client": (False, {"client": str(UUID(int=4321))}),
    "source_ref": (False, {"source_ref": "ehr|one"}),
    "own 20 clinics": (True, _MIDDLE),
    "own 20 clinics, status": (True, {"status": "open"}),
}
"""The filters of each kind of query, and whether the caller is limited to clinics of the network."""


def measure(machine: Machine) -> Iterator[Row]:
    """The 95th percentile of the slowest kind. The kinds take turns."""
    database = machine.episodes()
    with one_api(database) as (service, api, _):
        fill(database.superuser_url, "demo", EPISODES, service.reference("demo", "ehr", "one"))
        api.http.put(CLINIC, json={"zone": "UTC"})
        desk = service.token("coordinator", clinics=tuple(UUID(int=it) for it in range(CLINICS)))
        slowest, smallest = [], []
        for number in range(machine.rounds):
            p95 = _round(api.http, desk, machine.seconds)
            smallest.append(p95.pop(SMALLEST))
            slowest.append(max(p95.values()))
            if number == 0:
                figures = (f"{kind} {one * 1000:.1f}" for kind, one in p95.items())
                print(f"lists, ms at p95: {', '.join(figures)}", file=sys.stderr)
    ours, beside = ([one * 1000 for one in figures] for figures in (slowest, smallest))
    aim = [AIM * 1000] * machine.rounds
    yield Row(
        "list pages at p95, slowest kind", ours, "the aim: a page in 20 ms", aim, 1.0, MILLISECONDS, True
    )
    yield Row("", ours, SMALLEST, beside, None, MILLISECONDS, True)


def _round(http: httpx.Client, desk: str, seconds: float) -> dict[str, float]:
    """The 95th percentile of each kind, in seconds."""
    took: dict[str, list[float]] = {kind: [] for kind in (*KINDS, SMALLEST)}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        assert http.get(CLINIC).status_code == 200
        took[SMALLEST].append(time.perf_counter() - began)
        for kind, (of_clinics, asked) in KINDS.items():
            headers = {"authorization": f"Bearer {desk}"} if of_clinics else None
            began = time.perf_counter()
            answer = http.get("/v1/episodes", params=dict(asked), headers=headers)
            took[kind].append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
            assert answer.json()["episodes"], kind
    return {kind: quantiles(figures, n=20)[-1] for kind, figures in took.items()}
