"""Ten thousand worlds a run, each from its seed; and the mistakes that some world must find."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from traceback import extract_tb

import pytest

from episodes.event_log.cache import Tally
from episodes.event_log.stored_form import Damaged
from tests.simulation.arrivals import in_order_of_time
from tests.simulation.bugs import BUGS
from tests.simulation.invariants import check
from tests.simulation.world import CACHES, Parts, run
from tests.support.effort import usually

CHUNK = 1_000
FIRST_SEEDS = range(0, usually(2_000, 10_000), CHUNK)
FIRST = 60
FEW = 400
"""Seeds within which every fault must happen."""
MORE = 1_000
"""Within which a planted mistake must be found; most are within fifty."""

FAULTS = (
    *(f"{name}-0 crashes" for name in ("api", "relay", "consume", "deliver")),
    "is stopped for",
    "store refuses a batch",
    "reply to a commit is lost",
    "broker fails a send",
    "acknowledgement is lost",
    "not moved",
    "ends: Deposed",
    "begins again",
    "a record is gone",
    "healed",
    "clock of an api",
    "no answer about consent",
    "Unanswered",
    "status=410",
    "status=503",
    "records arrive in another order",
    "sends again under its own key",
    "sends again under another key",
    "looks-recorded-already",
    "refused: visit-already-recorded",
    "a tablet sent entry-corrected.1",
    "a tablet sent entry-retracted.1",
)


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    """One for each core."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("first", FIRST_SEEDS)
def test_every_guarantee_holds_in_every_world(processes: Executor, first: int) -> None:
    failed = [it for it in processes.map(_failing, range(first, first + CHUNK), chunksize=50) if it]
    assert not failed, f"{failed[0]} ({len(failed)} of {CHUNK} fail)"


def test_every_guarantee_holds_in_the_first_worlds() -> None:
    """The same in this process: a quick answer, and where to look."""
    for seed in range(FIRST):
        check(run(seed))


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    invariant, parts = BUGS[bug]
    assert any(invariant in _broken(seed, parts) for seed in range(MORE))


def test_every_fault_happens() -> None:
    said = "\n".join(step for seed in range(FEW) for step in run(seed, tracing=True).scheduler.trace)
    assert not [fault for fault in FAULTS if fault not in said]


def test_caches_of_every_size_are_met() -> None:
    """With room for everything, for nothing and for one episode: else they would show nothing.

    What is not cached is read after a snapshot, where there is one.
    """
    met = {most: Tally() for most in CACHES}
    for seed in range(FIRST):
        for cache in (api.cache for api in run(seed).apis):
            of_size = met[cache.most]
            for name in ("hits", "behind", "misses", "evictions", "snapshots", "passed_over"):
                setattr(of_size, name, getattr(of_size, name) + getattr(cache.tally, name))
    everything, nothing, one = met.values()
    assert min(everything.hits, everything.behind, everything.misses) > 0
    assert (nothing.hits, nothing.behind, nothing.evictions) == (0, 0, 0)
    assert min(one.hits, one.behind, one.misses, one.evictions) > 0
    assert min(nothing.snapshots, one.snapshots) > 0
    assert nothing.passed_over + one.passed_over + everything.passed_over == 0


def test_most_of_what_tablets_sent_could_have_come_in_the_order_of_time() -> None:
    """Else nothing would be compared with it."""
    worlds = [world for seed in range(FIRST) if (world := run(seed)).tablets.episode is not None]
    compared = sum(in_order_of_time(world) is not None for world in worlds)
    assert compared > len(worlds) / 2 > 5


def test_a_seed_replays_exactly() -> None:
    """Step by step, also in another process whose hashes differ; `SEED=n` prints the steps."""
    seed = int(os.environ.get("SEED", "7"))
    world = run(seed, tracing=True)
    steps = "\n".join(world.scheduler.trace)
    if "SEED" in os.environ:
        sys.stdout.write(f"\n{steps}\n")
    assert _digest_elsewhere(seed) == sha256(steps.encode()).hexdigest()
    check(world)


def _failing(seed: int) -> str | None:
    try:
        check(run(seed))
    except Exception as failure:
        return f"SEED={seed}: {type(failure).__name__} {failure}"
    return None


def _broken(seed: int, parts: Parts) -> set[str]:
    """Where the failure was met, if there was one: by an invariant, or already by whoever read the log."""
    try:
        check(run(seed, parts))
    except (AssertionError, Damaged) as failure:
        return {frame.name for frame in extract_tb(failure.__traceback__)}
    return set()


def _digest_elsewhere(seed: int) -> str:
    program = (
        "from hashlib import sha256; from tests.simulation.world import run;"
        f"print(sha256('\\n'.join(run({seed}, tracing=True).scheduler.trace).encode()).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
