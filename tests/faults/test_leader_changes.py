"""Each of three brokers is killed while it leads, with records that only it has: nobody hears less for it."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults.checks import WORK, all_is_well, drained, subscribed
from tests.support.effort import ALL
from tests.support.load import Load, client_of
from tests.support.servers.kafka import JavaKafka, KafkaBroker
from tests.support.servers.kafka_cluster import KafkaCluster
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.waiting import eventually

ROUNDS = 2
"""In how many every broker is killed."""
BETWEEN = 30
"""Commands acknowledged before and after a kill."""
NEEDS = "needs brokers that are started by Java here, not in containers"

pytestmark = [
    pytest.mark.skipif(not ALL, reason="`make test-all` kills leaders among three brokers"),
    pytest.mark.timeout(1200),
]


@pytest.fixture
def cluster(kafka: KafkaBroker, run_dir: Path, unproven: Callable[[str], None]) -> Iterator[KafkaCluster]:
    if not isinstance(kafka, JavaKafka):
        unproven(f"Changes of leader: not tested, {NEEDS}")
        pytest.skip(NEEDS)
    cluster = KafkaCluster(run_dir / "kafka-cluster")
    yield cluster
    cluster.close()


@pytest.fixture
def stack(postgres: PostgresServer, cluster: KafkaCluster, tmp_path: Path) -> Stack:
    """On a topic with three replicas, of which two must have a record."""
    all_nodes = {
        "EPISODES_KAFKA_BOOTSTRAP": cluster.bootstrap,
        "NOTIFICATIONS_KAFKA_BOOTSTRAP": cluster.bootstrap,
    }
    stack = Stack(postgres, cluster.nodes[1], tmp_path, **all_nodes)
    stack.run("episodes", "topics", "--replication", "3")
    return stack


def test_each_leader_is_killed_in_turn_and_nothing_is_lost_or_told_twice(
    stack: Stack, cluster: KafkaCluster, proven: Callable[[str], None]
) -> None:
    with stack, client_of(stack) as http, subscribed(stack) as partner:
        load = Load(lambda: http, callers=3, pause=0.1)
        load.prepare(episodes=24)
        with load:
            halts = [_killed(node, cluster, stack, load) for _ in range(ROUNDS) for node in cluster.nodes]
        drained(stack)
        assert load.statuses == {201}
        all_is_well(stack, load, partner)
        assert {role: stack.exit_code(role) for role in ROLES} == dict.fromkeys(ROLES)
    told = f"{len(halts)} leaders killed under {len(load.told)} commands: 0 lost, 0 doubled"
    proven(f"{told}, halted for {max(halts):.1f} s at most")


def _killed(victim: int, cluster: KafkaCluster, stack: Stack, load: Load) -> float:
    """Kill a leader, and start it again once all goes on without it. Returns the seconds until it did.

    What it took last dies with it, as the others were not there to have it.
    """
    load.goes_on_for(BETWEEN)
    assert cluster.led(stack.topic)[victim] > 0
    others = [node for number, node in cluster.nodes.items() if number != victim]
    for node in others:
        node.pause()
    load.goes_on_for(BETWEEN)
    began = time.monotonic()
    cluster.nodes[victim].kill()
    for node in others:
        node.resume()
    load.goes_on_for(BETWEEN)  # in all partitions, also those of which it was the leader
    _everybody_goes_on(stack)
    halted = time.monotonic() - began
    cluster.nodes[victim].restart()
    eventually(lambda: cluster.in_sync(stack.topic), "it has caught up")
    return halted


def _everybody_goes_on(stack: Stack) -> None:
    """What there is to do at this moment is done."""
    due = {role: to_do(stack) for role, (_, to_do) in WORK.items()}
    for role, amount in due.items():
        eventually(partial(_has_done, stack, role, amount), f"{role} goes on")


def _has_done(stack: Stack, role: str, amount: int) -> bool:
    done, _ = WORK[role]
    return done(stack) >= amount
