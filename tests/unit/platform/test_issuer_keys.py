"""The issuer's keys: read strictly from a real address or file, and again while they run."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import structlog
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from care_platform.auth import key_sources
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.jwks import ALGORITHMS, MADE_FOR_DEVELOPMENT, Unusable, read_jwks
from care_platform.auth.key_sources import KeyAddress, KeyFile, Source
from tests.support.servers.certificates import self_signed
from tests.support.servers.issuer import IssuerServer, answering, jwks, new_key
from tests.support.waiting import PATIENCE

OLD, NEW = new_key(), new_key()
RSA = RSAKey.generate_key(2048, auto_kid=True)
EC = ECKey.generate_key("P-256", auto_kid=True)
SHORT = OKPKey.generate_key("Ed448")
PUBLIC = OLD.as_dict(private=False)


@asynccontextmanager
async def following(source: Source) -> AsyncIterator[IssuerKeys]:
    keys = IssuerKeys(source, structlog.get_logger())
    task = await keys.begin()
    try:
        yield keys
    finally:
        task.cancel()
        await asyncio.wait({task})


async def eventually(holds: Callable[[], object], within: float = 10) -> None:
    deadline = time.monotonic() + within * PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def knows(keys: IssuerKeys, key: OKPKey) -> bool:
    return keys.current is not None and keys.current.knows(str(key.kid))


async def test_keys_rotate_at_the_interval_and_whoever_remembers_tokens_is_told_once() -> None:
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url, every=0.02)) as keys:
            changes: list[bool] = []
            keys.on_change(lambda: changes.append(knows(keys, NEW)))
            await eventually(lambda: issuer.fetches > 3)
            assert knows(keys, OLD)
            assert not changes
            issuer.respond = answering(jwks(NEW))
            await eventually(lambda: knows(keys, NEW))
            assert not knows(keys, OLD)
            assert changes == [True]


async def test_many_unknown_names_at_once_cause_one_reading_and_none_follows_too_soon() -> None:
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url)) as keys:
            assert issuer.fetches == 1
            issuer.respond = answering(jwks(NEW))
            assert all(await asyncio.gather(*(keys.renewed() for _ in range(200))))
            assert knows(keys, NEW)
            assert not any([await keys.renewed() for _ in range(200)])
            assert issuer.fetches == 2


async def test_an_issuer_that_is_away_at_start_is_found_when_it_comes() -> None:
    with IssuerServer(answering(jwks(OLD))) as issuer:
        issuer.stop()
        async with following(KeyAddress(issuer.url, retry=0.02)) as keys:
            assert keys.current is None
            assert keys.fault == "ConnectionRefusedError"
            assert keys.age() == float("inf")
            issuer.start()
            await eventually(lambda: knows(keys, OLD))
            assert keys.fault is None
            assert keys.age() < 10


def redirecting(request: BaseHTTPRequestHandler) -> None:
    answering(b"", 302, {"Location": "/elsewhere"})(request)


def trickling(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.flush_headers()
    for _ in range(1_000):
        request.wfile.write(b"X-More: 1\r\n")
        request.wfile.flush()
        time.sleep(0.02)


SPOILT: dict[str, tuple[Callable[[BaseHTTPRequestHandler], None], str]] = {
    "a redirect": (redirecting, "the answer is 302"),
    "a fault of the issuer": (answering(jwks(NEW), 500), "the answer is 500"),
    "too large": (answering(jwks(NEW) + b" " * 70_000), "the document is too large"),
    "a page": (answering(b"<html>"), "the document is not JSON"),
    "another document": (answering(b'{"issuer": "care"}'), "the document is no JWKS"),
    "cut short": (answering(jwks(NEW)[:-2]), "the document is not JSON"),
    "no usable key": (answering(jwks(SHORT)), "the document has no public key of a kind we use"),
    "nothing": (lambda request: None, "RemoteDisconnected"),
}


@pytest.mark.parametrize("what", SPOILT)
async def test_what_is_no_set_of_keys_leaves_the_last_good_one(what: str) -> None:
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url)) as keys:
            issuer.respond, fault = SPOILT[what]
            read_at = keys.age()
            assert await keys.renewed()
            assert keys.fault == fault
            assert knows(keys, OLD)
            assert not knows(keys, NEW)
            assert keys.age() > read_at
            assert issuer.fetches == 2


async def test_an_answer_that_trickles_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sources, "ANSWERS_WITHIN", 0.3)
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url)) as keys:
            issuer.respond = trickling
            began = time.monotonic()
            await keys.renewed()
            assert 0.2 < time.monotonic() - began < 2 * PATIENCE
            assert keys.fault is not None
            assert knows(keys, OLD)


async def test_the_event_loop_goes_on_while_the_issuer_hangs() -> None:
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url)) as keys:
            issuer.respond = lambda request: time.sleep(0.5)
            asked = asyncio.create_task(keys.renewed())
            turns = 0
            while not asked.done():
                await asyncio.sleep(0.01)
                turns += 1
            assert turns > 20


@pytest.mark.parametrize(("said", "pause"), [("5", 60), ("100, public", 100), ("99999", 900), ("x", 300)])
async def test_how_long_a_set_is_fresh_is_heard_within_bounds(said: str, pause: float) -> None:
    with IssuerServer(answering(jwks(OLD), headers={"Cache-Control": f"public, max-age={said}"})) as issuer:
        async with following(KeyAddress(issuer.url)) as keys:
            assert keys._pause() == pause


async def test_proxy_settings_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url)) as keys:
            assert knows(keys, OLD)


async def test_an_https_issuer_needs_a_certificate_this_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with IssuerServer(answering(jwks(OLD)), tls) as issuer:
        async with following(KeyAddress(issuer.url, retry=0.02)) as keys:
            assert keys.current is None
            assert keys.fault == "SSLCertVerificationError"
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            await eventually(lambda: knows(keys, OLD))


async def test_a_file_is_read_again_when_it_was_replaced(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    async with following(KeyFile(file, every=0.02, retry=0.02)) as keys:
        assert keys.fault == "FileNotFoundError"
        file.write_bytes(jwks(OLD))
        await eventually(lambda: knows(keys, OLD))
        file.write_bytes(jwks(NEW))
        await eventually(lambda: knows(keys, NEW))
        assert not knows(keys, OLD)
        file.unlink()
        await eventually(lambda: keys.fault)
        assert knows(keys, NEW)


def test_of_a_document_only_public_keys_for_signatures_are_taken() -> None:
    with pytest.warns(UserWarning, match="Key size"):
        short = RSAKey.generate_key(1024, private=False)
    others: list[Any] = [
        OctKey.generate_key(256).as_dict(),
        PUBLIC | {"kid": "private", "d": OLD.as_dict(private=True)["d"]},
        RSA.as_dict(private=True),
        RSA.as_dict(private=False) | {"k": "c2VjcmV0"},
        short.as_dict(private=False),
        *(ECKey.generate_key(curve, private=False).as_dict() for curve in ("P-384", "P-521")),
        EC.as_dict(private=False) | {"crv": "P-384"},
        EC.as_dict(private=False) | {"alg": "ES384"},
        EC.as_dict(private=False) | {"x": PUBLIC["x"]},
        EC.as_dict(private=True),
        OKPKey.generate_key("X25519", private=False).as_dict(),
        OKPKey.generate_key("Ed448", private=False).as_dict(),
        {"kty": "AKP", "kid": "later"},
        PUBLIC | {"use": "enc"},
        PUBLIC | {"key_ops": ["sign"]},
        PUBLIC | {"key_ops": 5},
        PUBLIC | {"alg": "HS256"},
        PUBLIC | {"alg": ["EdDSA"]},
        PUBLIC | {"kid": 7},
        PUBLIC | {"x": "AA"},
        PUBLIC | {"x": 5},
        RSA.as_dict(private=False) | {"alg": "RS512"},
        RSA.as_dict(private=False) | {"alg": "RSA-OAEP"},
        "key",
        None,
    ]
    for entry in others:
        with pytest.raises(Unusable):
            read_jwks(json.dumps({"keys": [entry]}).encode())
    good = PUBLIC | {"kid": "good", "alg": "EdDSA"}
    read = read_jwks(json.dumps({"keys": [*others, good]}).encode())
    assert [entry.kid for entry in read.keys] == ["good"]
    assert not any(key.is_private for key in read.keys.values())


@pytest.mark.parametrize(
    ("entry", "algorithms"),
    [
        (PUBLIC, {"EdDSA", "Ed25519"}),
        (PUBLIC | {"alg": "EdDSA"}, {"EdDSA", "Ed25519"}),
        (EC.as_dict(private=False), {"ES256"}),
        (EC.as_dict(private=False) | {"alg": "ES256"}, {"ES256"}),
        (RSA.as_dict(private=False), {"RS256", "PS256"}),
        (RSA.as_dict(private=False) | {"alg": "RS256"}, {"RS256"}),
        (RSA.as_dict(private=False) | {"alg": "PS256"}, {"PS256"}),
    ],
)
def test_a_key_is_for_the_algorithms_that_fit_it_or_for_that_which_it_names(
    entry: dict[str, Any], algorithms: set[str]
) -> None:
    read = read_jwks(json.dumps({"keys": [entry]}).encode())
    assert {name for name in (*ALGORITHMS, "HS256", "none") if read.fitting(name, None)} == algorithms


def test_a_token_that_names_no_key_finds_each_one_that_fits() -> None:
    one = read_jwks(jwks(OLD, RSA))
    assert [it.thumbprint() for it in one.fitting("EdDSA", None)] == [OLD.thumbprint()]
    assert [it.thumbprint() for it in one.fitting("PS256", None)] == [RSA.thumbprint()]
    assert one.fitting("RS256", OLD.kid) == one.fitting("HS256", None) == one.fitting("none", None) == []
    assert len(read_jwks(jwks(OLD, NEW)).fitting("EdDSA", None)) == 2
    twice = json.dumps({"keys": [PUBLIC, NEW.as_dict(private=False) | {"kid": OLD.kid}]}).encode()
    assert len(read_jwks(twice).fitting("EdDSA", OLD.kid)) == 2


async def test_an_empty_set_revokes_every_key_and_one_that_comes_later_is_taken() -> None:
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url, every=0.02)) as keys:
            changes: list[bool] = []
            keys.on_change(lambda: changes.append(knows(keys, OLD)))
            issuer.respond = answering(jwks())
            await eventually(lambda: not knows(keys, OLD))
            assert keys.current is not None
            assert keys.fault is None
            issuer.respond = answering(jwks(OLD))
            await eventually(lambda: knows(keys, OLD))
            assert changes == [False, True]


async def test_at_start_an_empty_set_is_no_set_yet() -> None:
    with IssuerServer(answering(jwks())) as issuer:
        async with following(KeyAddress(issuer.url, retry=0.02)) as keys:
            assert keys.current is None
            assert keys.fault == "the issuer publishes no key"
            issuer.respond = answering(jwks(OLD))
            await eventually(lambda: knows(keys, OLD))


async def test_a_key_made_for_development_is_used_in_development_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = OKPKey.generate_key("Ed25519", {"kid": f"{MADE_FOR_DEVELOPMENT}1"})
    with IssuerServer(answering(jwks(OLD))) as issuer:
        async with following(KeyAddress(issuer.url, every=0.02)) as keys:
            issuer.respond = answering(jwks(made, OLD))
            read = issuer.fetches
            await eventually(lambda: issuer.fetches > read + 3)
            assert not knows(keys, made)
            assert knows(keys, OLD)
            assert capsys.readouterr().out.count("keys made for development are not used") == 1
    assert read_jwks(jwks(made), development=True).knows(f"{MADE_FOR_DEVELOPMENT}1")
    with pytest.raises(Unusable):
        read_jwks(jwks(made))
