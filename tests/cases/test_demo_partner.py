"""The demo partner checks signatures itself; other people's code signs what it is given here."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from standardwebhooks.webhooks import Webhook

from demo.partner.endpoint import DemoPartner
from demo.partner.ledger import Ledger
from demo.partner.signature import TOLERANCE, Rejected, secret_key, verify
from demo.partner.subscribing import Subscribing

SECRET = "whsec_C2FyZSBlcGlzb2RlcyBleGFtcGxlIHNlY3JldCE="
KEY = secret_key(SECRET)
ANOTHER = "whsec_" + "A" * 43 + "="
BODY = b'{"type":"care.episode.session_delivered.v1"}'
NOW = datetime(2026, 3, 31, 18, tzinfo=UTC)
DATA = {
    "number": 1,
    "event_id": "0191a1b2-c3d4-7e5f-8a6b-1c2d3e4f5a05",
    "episode": "0191a1b2-c3d4-7e5f-8a6b-1c2d3e4f5a01",
    "client_ref": "e0a7c2d4-51c6-4f38-8a2b-7b9e0c1d5f04",
    "recorded_at": "2026-03-31T18:00:00Z",
}
WHOLE = {"type": "care.episode.session_delivered.v1", "data": DATA}

Client = TestClient[Any, Any]


def signed(secret: str = SECRET, at: datetime = NOW, body: str = BODY.decode()) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }


@pytest.fixture
async def partner(tmp_path: Path) -> AsyncIterator[Client]:
    """The partner as it is once it has subscribed."""
    subscribing = Subscribing("http://127.0.0.1:9", "", lambda: "", tmp_path / "subscription.json")
    subscribing.key = KEY
    app = DemoPartner(Ledger(tmp_path / "received.jsonl"), subscribing).app()
    async with TestClient(TestServer(app)) as client:
        yield client


def test_a_webhook_signed_with_our_secret_is_taken() -> None:
    verify(KEY, signed(), BODY, NOW.timestamp())


def test_a_secret_without_padding_is_the_same_key_and_one_that_is_no_base64_is_refused() -> None:
    assert secret_key(SECRET.rstrip("=")) == KEY
    for broken in ("whsec_A", "whsec_?", "whsec_C2Fy ZSBl"):
        with pytest.raises(ValueError, match="whsec_ followed by base64"):
            secret_key(broken)


def test_one_of_two_signatures_is_enough_while_a_secret_is_replaced() -> None:
    both = " ".join([signed(ANOTHER)["webhook-signature"], signed()["webhook-signature"]])
    verify(KEY, {**signed(), "webhook-signature": both}, BODY, NOW.timestamp())


def test_another_secret_or_an_altered_body_or_id_is_rejected() -> None:
    for headers, body in (
        (signed(ANOTHER), BODY),
        (signed(), BODY.replace(b"delivered", b"cancelled")),
        ({**signed(), "webhook-id": "msg_2"}, BODY),
        ({**signed(), "webhook-signature": ""}, BODY),
    ):
        with pytest.raises(Rejected, match="signature"):
            verify(KEY, headers, body, NOW.timestamp())


@pytest.mark.parametrize("seconds", [-TOLERANCE - 1, TOLERANCE + 1])
def test_what_was_signed_too_long_ago_or_ahead_is_rejected(seconds: int) -> None:
    with pytest.raises(Rejected, match="timestamp"):
        verify(KEY, signed(at=NOW + timedelta(seconds=seconds)), BODY, NOW.timestamp())


def test_a_webhook_without_its_headers_is_rejected() -> None:
    for name in signed():
        headers = {key: value for key, value in signed().items() if key != name}
        with pytest.raises(Rejected, match="header"):
            verify(KEY, headers, BODY, NOW.timestamp())


async def test_a_signed_webhook_is_shown_once_however_often_it_comes(partner: Client) -> None:
    body = json.dumps(WHOLE)
    for _ in range(2):
        headers = signed(at=datetime.now(UTC), body=body)
        assert (await partner.post("/webhooks", data=body, headers=headers)).status == 204
    shown = await (await partner.get("/")).json()
    assert [one["event_id"] for one in shown["received"]] == [DATA["event_id"]]
    assert (await partner.get(f"/events/{DATA['event_id']}")).status == 200


@pytest.mark.parametrize("name", ["webhook-id", "webhook-signature"])
async def test_a_header_that_is_no_utf8_is_answered_401(partner: Client, name: str) -> None:
    headers = {**signed(at=datetime.now(UTC)), name: "v1,\udcff"}
    assert (await partner.post("/webhooks", data=BODY, headers=headers)).status == 401


@pytest.mark.parametrize("moment", ["9" * 400, "9" * 5000, "-1", "now"])
async def test_a_moment_that_is_none_is_answered_401(partner: Client, moment: str) -> None:
    headers = {**signed(at=datetime.now(UTC)), "webhook-timestamp": moment}
    assert (await partner.post("/webhooks", data=BODY, headers=headers)).status == 401


@pytest.mark.parametrize(
    "body",
    [
        *("null", "[]", '"text"', "7", "{}", "", "{", "[" * 60_000),
        *(
            '{"type": "x", "data": []}',
            '{"type": "x", "data": null}',
            json.dumps({**WHOLE, "type": "\ud800"}),
        ),
        json.dumps({**WHOLE, "data": {**DATA, "recorded_at": 7}}),
        json.dumps({**WHOLE, "data": {**DATA, "recorded_at": "yesterday"}}),
    ],
    ids=lambda body: body[:60],
)
async def test_a_signed_body_of_another_form_is_answered_400(partner: Client, body: str) -> None:
    headers = signed(at=datetime.now(UTC), body=body)
    assert (await partner.post("/webhooks", data=body, headers=headers)).status == 400


@pytest.mark.parametrize("wait", ["nan", "-1", "soon"])
async def test_a_wait_that_is_no_time_is_answered_400(partner: Client, wait: str) -> None:
    assert (await partner.get(f"/events/1?wait={wait}")).status == 400
