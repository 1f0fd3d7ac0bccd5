"""What is made by hand for speed says the same as what it stands for."""

import hmac
import os
from pathlib import Path
from uuid import uuid4

import pytest

from care_platform.key_files import read_or_make_key
from episodes.event_log.arrays import Bytes, Numbers, Texts, Uuids
from episodes.event_log.keyring import keyring
from episodes.event_log.recorder import connect_to_log
from tests.support.servers.postgres import PostgresServer


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("text[]", Texts(["", "demo", 'a "quoted", {braced} \\ word', "Zürich €"])),
        ("uuid[]", Uuids([uuid4(), uuid4()])),
        ("bigint[]", Numbers([0, -1, 1, 2**31, 2**63 - 1, -(2**63)])),
        ("bytea[]", Bytes([b"", b"\0\1\xff", os.urandom(3_000)])),
    ],
)
def test_a_column_arrives_as_it_was_also_when_empty(
    postgres: PostgresServer, kind: str, column: list[object]
) -> None:
    with connect_to_log(postgres.fresh_database("episodes").superuser_url) as connection:
        for sent in (column, type(column)()):
            row = connection.cursor(binary=True).execute(
                "SELECT %b AS it, pg_typeof(%b)::text AS kind", (sent, sent)
            )
            assert row.fetchone() == {"it": list(sent), "kind": kind}


@pytest.mark.parametrize("length", [0, 1, 32, 5_000])
def test_the_authenticator_is_hmac_sha_256_with_its_key_number_in_front(length: int, tmp_path: Path) -> None:
    request = os.urandom(length)
    keys = {number: read_or_make_key(tmp_path / f"mac.{number}.key") for number in (1, 7)}
    ours = keyring(tmp_path, uuid4)
    for _ in range(2):
        assert ours.mac(request) == b"\7" + hmac.digest(keys[7], request, "sha256")
        assert ours.mac(request, b"\1...") == b"\1" + hmac.digest(keys[1], request, "sha256")
