"""The other systems that record commands, and the small program of ours that shows each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench.peers.fetched import built_by_maven, from_npm
from bench.peers.message_store import install
from bench.peers.own_postgres import OwnPostgres
from tests.support.servers.postgres import Database


@dataclass(frozen=True)
class Peer:
    """A program and how to get it, and its ways to record a command, by the last part of the path.

    `size` asks how many bytes it stores for a command. `envelope` says how many stand for what ours stores
    beside the body, so that all are as large.
    """

    folder: str
    fetch: Callable[[str], Path]
    command: Sequence[str]
    ways: Mapping[str, str]
    size: str
    envelope: int
    prepare: Callable[[Path, OwnPostgres, Database], None] = lambda place, server, database: None
    warm_up: float = 5.0
    """Seconds of load before the first round."""


AXON = "Axon 4.13, JDBC"
PEERS = (
    Peer(
        "axon",
        built_by_maven,
        ("java", "-Xms512m", "-Xmx1g", "-cp", "target/classes:jars/*", "peer.Application"),
        MappingProxyType({AXON: "assessments"}),
        "SELECT avg(length(payload) + length(metadata))::int FROM domainevententry",
        envelope=728,
        warm_up=25.0,
    ),
    Peer(
        "emmett",
        from_npm,
        ("node", "app.mjs"),
        MappingProxyType(
            {
                "Emmett 0.42, appends only": "appended",
                "Emmett 0.42, reads, folds, appends": "assessments",
            }
        ),
        "SELECT avg(pg_column_size(message_data) + pg_column_size(message_metadata))::int FROM emt_messages",
        envelope=728,
    ),
    Peer(
        "message_db",
        from_npm,
        ("node", "app.mjs"),
        MappingProxyType({"message-db 1.3, appends only": "assessments"}),
        "SELECT avg(pg_column_size(data) + pg_column_size(metadata))::int FROM message_store.messages",
        envelope=750,
        prepare=install,
    ),
)
