"""The examples of the README that are meant to be run: its blocks of shell, on a running laptop."""

import os
import re
import subprocess
from typing import NamedTuple

from tests.cases.running import CHECKOUT, Laptop

EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", (CHECKOUT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
_TOKENS = ("COORDINATOR", "THERAPIST", "SERVICE", "PARTNER", "AUDITOR")
_USUAL = {"127.0.0.1:8000": "episodes", "127.0.0.1:8001": "notifications"}
_CURL = r"""curl() { command curl -sS -w '\n%{http_code}\n' "$@"; }"""
"""An answer is two lines: its body, compact JSON, and its status."""


class Answer(NamedTuple):
    """What one request of a block brought."""

    status: int
    body: str


def run(block: str, laptop: Laptop) -> list[Answer]:
    """As a reader would, with the tokens and the episode that were printed; only the ports are the test's."""
    for usual, service in _USUAL.items():
        block = block.replace(f"http://{usual}", laptop.address(service))
    printed = re.findall(r"/v1/episodes/([0-9a-f-]{36})/history", laptop.said)
    variables = {name: laptop.token(name) for name in _TOKENS} | {"EPISODE": printed[0]}
    done = subprocess.run(
        ["bash", "-euc", f"{_CURL}\n{block}"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return [Answer(int(status), body) for body, status in zip(lines[::2], lines[1::2], strict=True)]
