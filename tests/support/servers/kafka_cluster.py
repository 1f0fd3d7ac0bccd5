"""Three Kafka brokers that are one cluster: what one of them acknowledged, another can go on with."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient

from tests.support.servers.kafka import JavaKafka, free_port

NODES = (1, 2, 3)
HEAP = "-Xmx320m"
_CONFIG = """
node.id={node}
controller.quorum.voters={voters}
"""


class KafkaCluster:
    """Each node is broker and controller, so that the death of one is that of a controller, too."""

    nodes: Mapping[int, JavaKafka]

    def __init__(self, directory: Path) -> None:
        ports = {node: (free_port(), free_port()) for node in NODES}
        voters = ",".join(f"{node}@127.0.0.1:{controller}" for node, (_, controller) in ports.items())

        def start(node: int) -> JavaKafka:
            config = _CONFIG.format(node=node, voters=voters)
            return JavaKafka(directory / str(node), config, HEAP, ports[node])

        with ThreadPoolExecutor() as starting:  # at once: none answers before two are there
            self.nodes = dict(zip(NODES, starting.map(start, NODES), strict=True))
        self.bootstrap = ",".join(node.bootstrap for node in self.nodes.values())

    def led(self, topic: str) -> Counter[int]:
        """How many partitions of this topic each node leads."""
        return Counter(partition["leader_id"] for partition in self._partitions(topic))

    def in_sync(self, topic: str) -> bool:
        """Whether every node has every record of this topic that was acknowledged."""
        return all(sorted(it["isr_nodes"]) == list(NODES) for it in self._partitions(topic))

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()

    def _partitions(self, topic: str) -> list[dict[str, Any]]:
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            [described] = admin.describe_topics([topic])
        partitions: list[dict[str, Any]] = described["partitions"]
        return partitions
