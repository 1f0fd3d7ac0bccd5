"""The rows of each peer, and what becomes of one that cannot be had or answers with errors."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bench.machine import Machine
from bench.peers import commands, outbox
from bench.peers.fetched import NotHad
from bench.peers.outbox import Figures
from bench.peers.own_postgres import DURABLE, refuse_forgetful
from bench.peers.sides import Side
from bench.peers.systems import AXON, PEERS
from bench.serving import Load, WrongAnswers
from bench.table import NotMeasured, Row

THERE = Machine(Path(), Mock(), 1, 1.0, False)
SERVER = Mock(cpu_seconds=Mock(side_effect=[1.0, 3.0] * 9))


def _side(name: str, per_second: float) -> Side:
    side = Side(name, lambda seconds: Load(per_second, 5.0, 9.0), [], 1.0)
    side.warm()
    side.measure(4.0, SERVER)
    return side


def test_a_round_gives_rate_latency_and_cpu_for_a_command() -> None:
    side = _side("any", 500.0)
    assert (side.rate, side.p99, side.cpu) == ([500.0], [9.0], [1.0])  # 2 s for 2,000 commands


def test_two_of_our_processes_stand_beside_axon_with_the_targets() -> None:
    one, two, axon = _side("one", 500.0), _side("two", 900.0), _side(AXON, 600.0)
    rows = [row for row in commands.rows(one, two, [axon]) if isinstance(row, Row)]
    aimed = {(row.what, row.aim, row.reached) for row in rows if row.target is not None}
    assert aimed == {
        ("the same, two", "≥ 1.00", True),
        ("CPU of a command, server and database", "≤ 0.90", False),
    }


def test_wrong_answers_end_a_peers_rounds_and_no_others() -> None:
    loads = Mock(side_effect=[WrongAnswers("it has just begun"), Load(1.0, 1.0, 1.0), WrongAnswers("errors")])
    bad = Side("bad", loads, [], 1.0)
    bad.warm()
    for _ in range(4):
        bad.measure(4.0, SERVER)
    assert loads.call_count == 3
    good = _side("good", 1.0)
    told = list(commands.rows(good, good, [bad, good]))
    assert told[0] == NotMeasured("bad", "errors")
    assert all(isinstance(row, Row) for row in told[1:])
    assert len(told) == 4


def test_our_own_wrong_answers_end_the_run() -> None:
    ours = Side("ours", Mock(side_effect=WrongAnswers("three errors")), [], 1.0)
    ours.measure(4.0, SERVER)
    with pytest.raises(WrongAnswers):
        list(commands.rows(ours, _side("two", 1.0), []))


@pytest.mark.parametrize("kind", [commands, outbox])
def test_without_a_server_every_peer_is_told_as_not_measured(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "own_postgres", Mock(side_effect=NotHad("needs a server")))
    monkeypatch.setattr(outbox, "needs", Mock())
    names = outbox.POLL_MS if kind is outbox else [name for peer in PEERS for name in peer.ways]
    assert list(kind.measure(THERE)) == [NotMeasured(name, "needs a server") for name in names]


def test_the_relay_stands_beside_each_debezium_in_the_right_direction() -> None:
    ours, theirs = Figures([2.0], [2.0], [2.0], [2.0], [2.0]), Figures([1.0], [1.0], [1.0], [1.0], [1.0])
    rows = list(outbox.rows(ours, "Debezium", theirs))
    assert [row.at_most for row in rows] == [False, True, True, True, True]
    assert {row.ratio for row in rows} == {2.0}


def test_a_server_that_may_forget_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = dict.fromkeys(DURABLE, "on")
    connection = Mock(execute=lambda query, asked: Mock(fetchone=lambda: (settings[asked[0]],)))
    connected = Mock(__enter__=lambda it: connection, __exit__=lambda *it: None)
    monkeypatch.setattr("psycopg.connect", lambda url: connected)
    refuse_forgetful("postgresql://")
    settings["synchronous_commit"] = "off"
    with pytest.raises(SystemExit, match="synchronous_commit"):
        refuse_forgetful("postgresql://")
