"""TLS to a Kafka broker, from files that are read at each connection: they are renewed without a restart."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from care_platform.transport.files import no_password, trusting


@dataclass(frozen=True, slots=True)
class KafkaTls:
    """What kafka-python uses of an `SSLContext`. Host names are always checked.

    `authorities` alone vouch for the broker; without it, those of this machine do. With a certificate and its
    key, we show the broker who we are.
    """

    authorities: Path | None
    certificate: Path | None
    key: Path | None

    def wrap_socket(
        self, sock: socket, *, server_hostname: str | None, do_handshake_on_connect: bool
    ) -> ssl.SSLSocket:
        """Raises `OSError` or `Unusable` if a file has become unfit, which ends this attempt to connect."""
        context = trusting(self.authorities)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key, password=no_password)
        context.sslsocket_class = _HeardToTheEnd
        return context.wrap_socket(
            sock, server_hostname=server_hostname, do_handshake_on_connect=do_handshake_on_connect
        )


class _HeardToTheEnd(ssl.SSLSocket):
    """Puts off the end of a connection until what came before has been read.

    The library drops what it receives together with the end, which is how a broker refuses credentials: the
    reason would be lost, and with it any hint that it is not the network.
    """

    _received = False

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        before, self._received = self._received, False
        data = super().recv(buflen, flags)
        if before and not data:
            raise ssl.SSLWantReadError
        self._received = bool(data)
        return data
