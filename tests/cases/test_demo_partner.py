"""The demo partner checks signatures itself; other people's code signs what it is given here."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from demo.partner.endpoint import TOLERANCE, Rejected, verify

SECRET = "whsec_C2FyZSBlcGlzb2RlcyBleGFtcGxlIHNlY3JldCE="
ANOTHER = "whsec_" + "A" * 43 + "="
BODY = b'{"type":"care.episode.session_delivered.v1"}'
NOW = datetime(2026, 3, 31, 18, tzinfo=UTC)


def signed(secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, BODY.decode()),
    }


def test_a_webhook_signed_with_our_secret_is_taken() -> None:
    verify(SECRET, signed(), BODY, NOW.timestamp())


def test_one_of_two_signatures_is_enough_while_a_secret_is_replaced() -> None:
    both = " ".join([signed(ANOTHER)["webhook-signature"], signed()["webhook-signature"]])
    verify(SECRET, {**signed(), "webhook-signature": both}, BODY, NOW.timestamp())


def test_another_secret_or_an_altered_body_or_id_is_rejected() -> None:
    for headers, body in (
        (signed(ANOTHER), BODY),
        (signed(), BODY.replace(b"delivered", b"cancelled")),
        ({**signed(), "webhook-id": "msg_2"}, BODY),
        ({**signed(), "webhook-signature": ""}, BODY),
    ):
        with pytest.raises(Rejected, match="signature"):
            verify(SECRET, headers, body, NOW.timestamp())


@pytest.mark.parametrize("seconds", [-TOLERANCE - 1, TOLERANCE + 1])
def test_what_was_signed_too_long_ago_or_ahead_is_rejected(seconds: int) -> None:
    with pytest.raises(Rejected, match="timestamp"):
        verify(SECRET, signed(at=NOW + timedelta(seconds=seconds)), BODY, NOW.timestamp())


def test_a_webhook_without_its_headers_is_rejected() -> None:
    for name in signed():
        headers = {key: value for key, value in signed().items() if key != name}
        with pytest.raises(Rejected, match="header"):
            verify(SECRET, headers, BODY, NOW.timestamp())
