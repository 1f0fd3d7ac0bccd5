"""Tokens without an identity provider, issued by the command line of the episodes service.

`python -m demo.tokens ROLE` prints one.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from uuid import UUID, uuid5

from demo.setting import Setting, read_setting

_OTHERS = UUID("6b0f2c7e-94d1-4a58-8c3b-5e7a1d9f2c05")
"""The namespace for the ids of callers that the setting does not name."""

ROLES = ("therapist", "coordinator", "partner", "service", "supervisor", "auditor", "privacy_officer")
_OF_THE_CLINIC = ("therapist", "coordinator", "supervisor")
HOURS = 24


class NoToken(Exception):
    """The episodes service issued no token. The message is its own."""


def token(role: str, setting: Setting, environment: Mapping[str, str] = os.environ) -> str:
    """Issue a token for the caller with that role. The environment names the signing key."""
    command = [sys.executable, "-m", "episodes", "token", "issue", "--role", role]
    command += ["--network", setting.network, "--hours", str(HOURS), "--sub", subject(role, setting)]
    if role in _OF_THE_CLINIC:
        command += ["--clinics", setting.clinic.id]
    if role == "partner":
        command += ["--organisation", setting.partner.id]
    said = {"EPISODES_ENVIRONMENT": "development", **environment}
    done = subprocess.run(command, env=said, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoToken(done.stderr.strip())
    return done.stdout.strip()


def tokens_file() -> Path:
    """Where tokens are kept that are not printed: beside the key that signed them."""
    return Path(os.environ.get("EPISODES_KEYS_DIR", "var/keys/episodes")) / "tokens.sh"


def subject(role: str, setting: Setting) -> str:
    """The id of the caller with that role."""
    named: Mapping[str, str] = MappingProxyType(
        {
            "therapist": setting.therapist.id,
            "coordinator": setting.coordinator.id,
            "partner": setting.partner.id,
        }
    )
    return named.get(role) or str(uuid5(_OTHERS, role))


if __name__ == "__main__":
    print(token(sys.argv[1], read_setting()))
