"""What an operator's command cannot reach is told in a sentence: no traceback, no line of a log."""

import os
import subprocess
import sys

import pytest

NOBODY = "127.0.0.1:1"
SETTINGS = {
    "EPISODES_ENVIRONMENT": "development",
    "EPISODES_DATABASE_URL": f"postgresql://x@{NOBODY}/x",
    "EPISODES_OWNER_DATABASE_URL": f"postgresql://x@{NOBODY}/x",
    "EPISODES_KAFKA_BOOTSTRAP": NOBODY,
    "NOTIFICATIONS_ENVIRONMENT": "development",
    "NOTIFICATIONS_DATABASE_URL": f"postgresql://x@{NOBODY}/x",
    "NOTIFICATIONS_OWNER_DATABASE_URL": f"postgresql://x@{NOBODY}/x",
}
OF_ROLES = "the database of NOTIFICATIONS_DATABASE_URL: connection refused"
EPISODE = "0c5c1a52-6f0b-4c7e-9a75-0d6a6a1e2b01"
COMMANDS = {
    "episodes topics": "the brokers of EPISODES_KAFKA_BOOTSTRAP: KafkaTimeoutError",
    "episodes retire-network out --yes": "the database of EPISODES_DATABASE_URL: connection refused",
    "episodes restored": "the database of EPISODES_OWNER_DATABASE_URL: connection refused",
    "notifications migrate": "the database of NOTIFICATIONS_OWNER_DATABASE_URL: connection refused",
    "notifications parked list": OF_ROLES,
    "notifications missing list": OF_ROLES,
    f"notifications missing go-on {EPISODE}": OF_ROLES,
}


@pytest.mark.parametrize(("command", "sentence"), COMMANDS.items(), ids=COMMANDS)
def test_what_cannot_be_reached_is_told_in_a_sentence(command: str, sentence: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *command.split()],
        env=os.environ | SETTINGS,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{sentence}\n")
