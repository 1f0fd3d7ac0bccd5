"""No role of either service starts with secrets that others on the machine may use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from care_platform.key_files import read_or_make_key

NOWHERE = "postgresql://nobody@127.0.0.1:9/nothing"
CASES = [
    ("episodes", "api", "keys", 0o750),
    ("episodes", "api", "keys/master.key", 0o604),
    ("episodes", "relay", "keys/mac.1.key", 0o640),
    ("episodes", "project", "keys/refs.key", 0o620),
    ("episodes", "api", "keys/issuer.jwk", 0o644),
    ("notifications", "api", "keys/subscription-secrets.key", 0o660),
    ("notifications", "deliver", "keys/subscription-secrets.1.key", 0o604),
    ("notifications", "consume", "service-tokens.json", 0o644),
]
FILES = ("master.key", "mac.1.key", "refs.key", "subscription-secrets.key", "subscription-secrets.1.key")


@pytest.mark.parametrize(("service", "role", "open_to_others", "mode"), CASES)
def test_it_says_which_and_how_to_mend_it(
    tmp_path: Path, service: str, role: str, open_to_others: str, mode: int
) -> None:
    for name in FILES:
        read_or_make_key(tmp_path / "keys" / name)
    (tmp_path / "service-tokens.json").touch(mode=0o600)
    path = tmp_path / open_to_others
    if not path.exists():
        path.touch(mode=0o600)
    right = path.stat().st_mode & 0o777
    path.chmod(mode)
    settings = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": NOWHERE,
        "KEYS_DIR": str(tmp_path / "keys"),
        "JWKS_FILE": str(tmp_path / "jwks.json"),
        "TOKENS_FILE": str(tmp_path / "service-tokens.json"),
        "KAFKA_BOOTSTRAP": "127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-m", service, role],
        env=os.environ | {f"{service.upper()}_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"chmod {right:o} {path}" in done.stderr
    assert "Traceback" not in done.stderr
