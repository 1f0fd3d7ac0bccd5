"""How long comparing many episodes takes, and what it costs the commands beside it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

from bench.healing import LONG_AGO, seconds_of, silent
from bench.machine import Machine
from bench.serving import Target
from bench.table import SECONDS, Row
from episodes.http.examples import CLINIC
from tests.support.episodes.log_writer import Log, opening
from tests.support.load import Load, client_of
from tests.support.stack import Stack
from tests.support.waiting import eventually

COMPARED_WITHIN = 60.0
"""The aim for 100,000 episodes, in seconds."""
BESIDE = 0.95
"""The aim for the commands: comparing costs them a twentieth at most."""
WRITTEN_TO = 2_000
"""How many of the episodes the commands go to."""

_KNOWN = """INSERT INTO known_episodes (network_id, episode_id, clinic_id, last_sequence)
SELECT %s, id, id, 1 FROM unnest(%s::uuid[]) AS id"""
_COMPARED = "comparisons WHERE reached_at > now() - interval '10 minutes'"
_START_OVER = "UPDATE comparisons SET position = NULL, reached_at = now() - interval '1 hour'"


def measure(machine: Machine) -> Iterator[Row]:
    """All that was published is known, and nothing has to be fetched."""
    episodes = 100_000 if machine.full else 20_000
    with silent(machine.postgres) as (stack, log):
        written_to = _fill(stack, log, episodes)
        compared = [seconds_of(stack, lambda: stack.count("notifications", _COMPARED))]
        assert stack.count("notifications", "gaps") == 0
        aim = COMPARED_WITHIN * episodes / 100_000
        yield Row(f"{episodes:,} episodes compared", compared, "the aim", [aim], 1.0, SECONDS, True)
        target = Target([stack.url("api")], stack.token("service"), written_to, Path())
        beside, alone = [], []
        seconds = min(machine.seconds, compared[0] // 1)  # all of them while episodes are compared
        for number in range(machine.rounds):
            if number % 2:
                alone.append(target.load(seconds).per_second)
            stack.write("notifications", _START_OVER, [])
            beside.append(target.load(seconds).per_second)
            eventually(lambda: stack.count("notifications", _COMPARED), within=120)
            if not number % 2:
                alone.append(target.load(seconds).per_second)
    yield Row("commands while episodes are compared", beside, "while none are", alone, BESIDE)


def _fill(stack: Stack, log: Log, episodes: int) -> list[str]:
    """Returns the ids of the episodes to write to."""
    with closing(client_of(stack)) as api:
        Load(lambda: api).prepare(0)
    opened = [log.episode(stack.network) for _ in range(episodes)]
    for one in opened[:WRITTEN_TO]:
        one.clinic = UUID(CLINIC)  # of a clinic that the directory knows
    log.record(((it, opening(it)) for it in opened), ago=LONG_AGO)
    stack.write("notifications", _KNOWN, [stack.network, [it.id for it in opened]])
    return [str(it.id) for it in opened[:WRITTEN_TO]]
