"""The files that protect connections: certificates, keys, passwords, tokens. No refusal quotes them."""

import ssl
import stat
from pathlib import Path
from typing import NoReturn

_LARGEST = 64 * 1024
"""The size in bytes beyond which a file cannot be a secret. A token has a few kilobytes."""


class Unusable(Exception):
    """A file breaks a rule. The message is the rule, to follow the name of a setting."""


def private_text(path: Path) -> str:
    """The text of a file that only its owner may read, without white space around it. Raises `Unusable`."""
    refuse_shared(path)
    try:
        text = path.read_bytes()[: _LARGEST + 1].decode().strip()
    except (OSError, UnicodeDecodeError):
        raise Unusable("names a file that cannot be read as text") from None
    if not text or len(text) > _LARGEST:
        raise Unusable("names a file that is empty, or too large for a secret")
    return text


def refuse_shared(path: Path) -> None:
    """Refuse a file that is not there, or that its group or others may use. Raises `Unusable`."""
    try:
        status = path.stat()
    except OSError:
        raise Unusable("names a file that is not there") from None
    if not stat.S_ISREG(status.st_mode):
        raise Unusable("does not name a file")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Unusable("names a file that others than its owner may use: chmod 600")


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Trusts these certificate authorities alone, without those of this machine. Raises `Unusable`.

    Host names are always checked.
    """
    try:
        return ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError):
        raise Unusable("names a file that cannot be read as certificates in PEM") from None


def refuse_unfit(certificate: Path, key: Path) -> None:
    """Refuse a certificate and a key that do not belong together, or need a password. Raises `Unusable`."""
    refuse_shared(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except (OSError, ssl.SSLError):
        rule = "names a file that is not the private key, in PEM and without a password, of the certificate"
        raise Unusable(rule) from None


def no_password() -> NoReturn:
    """For keys, which have none. Without this, OpenSSL would ask for it at the terminal."""
    raise OSError
