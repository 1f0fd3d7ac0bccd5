"""Reads of a client's identity, each recorded before it is answered, beside reads that are not recorded."""

import re
import subprocess
from collections.abc import Iterator

from bench.machine import Machine
from bench.serving import CONNECTIONS, serving
from bench.table import Row
from episodes.http.examples import CLIENT, PARTNER

AIM = 0.33
"""The target: an identity takes three look-ups where the anchor takes one, and a share of a commit."""


def measure(machine: Machine) -> Iterator[Row]:
    recorded, plain = [], []
    with serving(machine.episodes(), breadth=1) as (target, _):
        for _ in range(machine.rounds):
            recorded.append(_rate(f"{target.urls[0]}/v1/clients/{CLIENT}", target.token, machine.seconds))
            plain.append(_rate(f"{target.urls[0]}/v1/partners/{PARTNER}", target.token, machine.seconds))
    yield Row("recorded reads of an identity", recorded, "reads of a partner's entry", plain, AIM)


def _rate(url: str, token: str, seconds: float) -> float:
    """Answers per second. Refuses answers that are errors."""
    command = [
        "wrk",
        "-t2",
        f"-c{CONNECTIONS}",
        f"-d{seconds:.0f}s",
        "-H",
        f"Authorization: Bearer {token}",
        url,
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise SystemExit("answers were errors, the figure would mean nothing")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    if found is None:
        raise SystemExit("wrk said no rate")
    return float(found[1])
