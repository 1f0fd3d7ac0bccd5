"""A network is taken out of the configuration while events of it are still to be published."""

from pathlib import Path

import httpx

from contracts.envelope import topic_of
from tests.faults.checks import all_is_well, caught_up, drained, reading, subscribed
from tests.support.load import Load, client_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack


def test_a_network_that_was_removed_holds_up_no_other_and_loses_nothing(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path
) -> None:
    with (
        Stack(postgres, kafka, tmp_path) as stack,
        subscribed(stack) as partner,
        client_of(stack) as client,
    ):
        load = Load(lambda: client)
        stack.kill("relay")
        load.prepare(2)
        load.deliver_session()
        kept = f"kept{stack.network}"
        kafka.create_topic(topic_of(kept))
        stack.start("relay", EPISODES_NETWORKS=kept)
        caught_up(stack, "relay")
        load.deliver_session()
        caught_up(stack, "relay")
        assert stack.exit_code("relay") is None
        ready = httpx.get(stack.url("api") + "/health/ready")
        assert (ready.status_code, ready.json()["warnings"]) == (
            200,
            ["held back, networks not configured: 1"],
        )
        with reading(stack) as (_, ends):
            assert set(ends.values()) == {0}
        stack.kill("relay")
        stack.start("relay")
        load.deliver_session()
        drained(stack)
        all_is_well(stack, load, partner)
