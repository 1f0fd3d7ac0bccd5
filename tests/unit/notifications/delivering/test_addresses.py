"""Which addresses may be subscribed in production, and which are the same place."""

import pytest

from notifications.delivering.addresses import SAFE_PORTS, AddressRules, place_of

PRODUCTION = AddressRules(allow_http=False, allow_loopback=False, ports=SAFE_PORTS | {9443})


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://partner.example/care", None),
        ("https://partner.example:443/care", None),
        ("https://partner.example:8443/care", None),
        ("https://partner.example:9443/care", None),
        ("https://partner.example:22/care", "port-not-permitted"),
        ("https://partner.example:5432/care", "port-not-permitted"),
        ("https://partner.example:0/care", "port-not-permitted"),
        ("http://partner.example/care", "https-required"),
        ("https://10.0.0.1/care", "address-not-public"),
        ("https://10.0.0.1:22/care", "address-not-public"),
        ("https://u@partner.example/", "address-not-valid"),
        ("https://partner.example/#a", "address-not-valid"),
        ("https://partner.example:99999/", "address-not-valid"),
    ],
)
def test_the_first_rule_that_an_address_breaks_is_named(url: str, rule: str | None) -> None:
    assert next(PRODUCTION.broken_by(url), None) == rule


def test_where_no_ports_are_named_any_will_do() -> None:
    anywhere = AddressRules(allow_http=True, allow_loopback=True, ports=None)
    assert list(anywhere.broken_by("http://127.0.0.1:9/")) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://PARTNER.example/care",
        "https://partner.example./care",
        "https://partner.example:8443/care",
        "http://partner.example/care",
        "https://partner.example/care?again=1",
        "https://partner.example/%63are",
        "https://partner.example/./x/../care",
    ],
)
def test_a_place_is_the_same_however_it_is_written(url: str) -> None:
    assert place_of(url) == place_of("https://partner.example/care")


@pytest.mark.parametrize("url", ["https://partner.example/other", "https://other.example/care"])
def test_another_host_or_path_is_another_place(url: str) -> None:
    assert place_of(url) != place_of("https://partner.example/care")
