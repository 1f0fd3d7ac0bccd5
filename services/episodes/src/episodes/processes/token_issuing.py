"""Tokens without an identity provider, for development only: signed with a local key created at first use."""

import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OKPKey

from care_platform.key_files import private


def issuer_key(keys_dir: Path, jwks_file: Path) -> OKPKey:
    """The local signing key. Its public half is written to the file that the services read.

    Ends the program with an explanation if others may read it.
    """
    file = keys_dir / "issuer.jwk"
    if not file.exists():
        keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = OKPKey.generate_key("Ed25519", {"alg": "EdDSA", "use": "sig"}, auto_kid=True)
        _write(file, key.as_dict(private=True))
    private(keys_dir, file)
    key = OKPKey.import_key(json.loads(file.read_text()))
    if not jwks_file.exists():
        jwks_file.parent.mkdir(parents=True, exist_ok=True)
        _write(jwks_file, {"keys": [key.as_dict(private=False)]})
    return key


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
