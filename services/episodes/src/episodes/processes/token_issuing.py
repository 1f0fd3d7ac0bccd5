"""Tokens without an identity provider, for development only: signed with a local key created at first use."""

import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OKPKey

from care_platform.auth.jwks import MADE_FOR_DEVELOPMENT
from care_platform.key_files import private


def issuer_key(keys_dir: Path, jwks_file: Path) -> OKPKey:
    """The local signing key, whose name says that production must not trust it.

    Its public half is written to the file that the services read. A key that an earlier release named
    otherwise gets its name here. Ends the program with an explanation if others may read the key.
    """
    file = keys_dir / "issuer.jwk"
    if not file.exists():
        keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = OKPKey.generate_key("Ed25519", {"alg": "EdDSA", "use": "sig"})
        _write(file, _named(made.as_dict(private=True)))
    private(keys_dir, file)
    kept = json.loads(file.read_text())
    if kept != (named := _named(kept)):
        _rename_published(named, jwks_file)
        _write(file, named)
    key = OKPKey.import_key(named)
    if not jwks_file.exists():
        jwks_file.parent.mkdir(parents=True, exist_ok=True)
        _write(jwks_file, {"keys": [key.as_dict(private=False)]})
    return key


def _named(key: dict[str, Any]) -> dict[str, Any]:
    """The key with its name: the mark, and its thumbprint."""
    return {**key, "kid": MADE_FOR_DEVELOPMENT + OKPKey.import_key(key).thumbprint()}


def _rename_published(named: dict[str, Any], jwks_file: Path) -> None:
    """Give the key its name where it is published, and leave the others there as they are."""
    if not jwks_file.exists():
        return
    published = json.loads(jwks_file.read_text())
    ours = [entry for entry in published["keys"] if entry.get("x") == named["x"]]
    for entry in ours:
        entry["kid"] = named["kid"]
    if ours:
        _write(jwks_file, published)


def issue(
    key: OKPKey,
    *,
    issuer: str,
    audience: str,
    network: str,
    role: str,
    subject: UUID,
    organisation: UUID | None = None,
    clinics: tuple[UUID, ...] | None = None,
    hours: float = 12,
) -> str:
    """A token for one caller, valid for `hours`."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "exp": now + int(hours * 3600),
        "sub": str(subject),
        "role": role,
        "network": network,
    }
    if organisation is not None:
        claims["organisation"] = str(organisation)
    if clinics is not None:
        claims["clinics"] = [str(clinic) for clinic in clinics]
    return jwt.encode({"alg": "EdDSA", "kid": key.kid}, claims, key, algorithms=["EdDSA"])


def _write(path: Path, document: object) -> None:
    staged = path.with_suffix(f".{os.getpid()}")
    staged.touch(mode=0o600)
    staged.write_text(json.dumps(document))
    staged.replace(path)
