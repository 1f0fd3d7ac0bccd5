"""Which measurements a run takes, and what becomes of one whose server is missing."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench import __main__ as bench
from bench.machine import Machine
from bench.table import Line, NotMeasured
from tests.support.servers.discovery import NoServer

THERE = Machine(Path(), Mock(), 1, 1.0, False)


def test_what_fetches_programs_of_others_is_measured_only_if_it_is_named() -> None:
    assert "peers" in bench.KINDS
    assert "peers" not in bench.wanted([])
    assert {*bench.wanted([]), "peers"} == {*bench.KINDS}
    assert bench.wanted(["peers", "commands"]) == ["peers", "commands"]


def test_a_measurement_without_its_server_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(there: Machine) -> Iterator[Line]:
        raise NoServer("needs Docker")
        yield  # makes it a generator

    monkeypatch.setattr(bench, "KINDS", {"relay": measure})
    assert list(bench.measured("relay", THERE)) == [NotMeasured("relay", "needs Docker")]
