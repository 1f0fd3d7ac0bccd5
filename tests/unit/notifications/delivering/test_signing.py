"""Signatures as Standard Webhooks asks, checked with that project's own package."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifications.delivering.signing import UnusableSecret, headers, secret_bytes, secret_text, webhook_id


@given(secret=st.binary(min_size=24, max_size=64), text=st.text(max_size=200))
def test_the_package_of_standard_webhooks_accepts_what_we_sign(secret: bytes, text: str) -> None:
    body = ('{"told": "' + text.replace('"', "").replace("\\", "") + '"}').encode(errors="replace")
    body = bytes(byte if byte >= 32 else 32 for byte in body)
    signed = headers(secret_text(secret), "msg_1", int(datetime.now(UTC).timestamp()), body)
    Webhook(secret_text(secret)).verify(body, signed)


def test_another_body_id_time_or_secret_does_not_verify() -> None:
    secret, now = secret_text(bytes(range(32))), int(datetime.now(UTC).timestamp())
    good = headers(secret, "msg_1", now, b"{}")
    for bad in (
        good | {"webhook-id": "msg_2"},
        good | {"webhook-timestamp": str(now + 1)},
        headers(secret, "msg_1", now, b"[]"),
        headers(secret_text(bytes(32)), "msg_1", now, b"{}"),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(b"{}", bad)


@pytest.mark.parametrize("size", [0, 23, 65])
def test_a_secret_of_the_wrong_length_is_not_used(size: int) -> None:
    with pytest.raises(UnusableSecret):
        headers(secret_text(bytes(size)), "msg_1", 0, b"")


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_%%%", "abc", "whsk_" + "A" * 44, "whsec_%" + "A" * 44])
def test_what_is_no_secret_is_not_used(text: str) -> None:
    with pytest.raises(UnusableSecret):
        secret_bytes(text)


def test_the_webhook_id_is_stable_and_differs_by_event_and_subscription() -> None:
    subscriptions, events = [uuid4(), uuid4()], [uuid4(), uuid4()]
    ids = {webhook_id(subscription, event) for subscription in subscriptions for event in events}
    assert len(ids) == 4
    assert ids == {webhook_id(subscription, event) for subscription in subscriptions for event in events}
    assert not any("." in it for it in ids)
