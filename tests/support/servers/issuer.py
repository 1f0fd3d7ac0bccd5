"""A token issuer: its signing keys, and the address where it publishes them, which a test can make fail."""

import json
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any, Self
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

Respond = Callable[[BaseHTTPRequestHandler], None]


def new_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)


def jwks(*keys: Any) -> bytes:
    """The JWKS document of these keys."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def token(key: OKPKey, kid: str | None = None, **claims: Any) -> str:
    """A token of a service of the network `demo`, signed with `key`. It names that key, or `kid`."""
    now = int(time.time())
    said = {"iss": "care-local", "aud": "care", "exp": now + 3600, "sub": str(uuid4()), "role": "service"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(
            {"alg": "EdDSA", "kid": kid or key.kid},
            said | {"network": "demo"} | claims,
            key,
            algorithms=["EdDSA"],
        )


def answering(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Respond:
    """A complete answer."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return respond


class IssuerServer:
    """Answers with `respond` and counts in `fetches`. Keeps its port when stopped and started again."""

    def __init__(self, respond: Respond, tls: SSLContext | None = None) -> None:
        self.respond = respond
        self.fetches = 0
        self._tls = tls
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self._port}/keys?of=care"

    def start(self) -> None:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetches += 1
                issuer.respond(self)

            def log_message(self, format: str, *_: object) -> None:
                pass

        self._server = _QuietServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _QuietServer(ThreadingHTTPServer):
    """Prints nothing when a caller disconnects, which some tests do on purpose."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass
