"""What a peer needs is fetched once for its files, whole or not at all; else the reason is told."""

import sys
from pathlib import Path

import pytest

from bench.peers import fetched
from bench.peers.fetched import NotHad


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "HERE", tmp_path / "here")
    monkeypatch.setattr(fetched, "FETCHED", tmp_path / "fetched")
    (tmp_path / "here/peer/src").mkdir(parents=True)
    (tmp_path / "here/peer/src/program").write_text("first")


def _python(program: str) -> list[list[str]]:
    return [[sys.executable, "-c", program]]


FETCH = _python("open('got', 'x')")


def test_it_is_fetched_once_for_the_same_files(tmp_path: Path) -> None:
    place = fetched._made("peer", FETCH)
    assert {it.name for it in place.iterdir()} == {"src", "got"}
    assert fetched._made("peer", _python("raise SystemExit('again')")) == place


def test_changed_files_are_fetched_for_anew(tmp_path: Path) -> None:
    former = fetched._made("peer", FETCH)
    (tmp_path / "here/peer/src/program").write_text("second")
    assert fetched._made("peer", FETCH) != former


def test_what_fails_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotHad, match="failed: no such version"):
        fetched._made("peer", _python("raise SystemExit('no such version')"))
    assert list((tmp_path / "fetched").iterdir()) == []


def test_what_takes_too_long_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "PATIENCE", 0.01)
    with pytest.raises(NotHad, match="took more than"):
        fetched._made("peer", _python("import time; time.sleep(60)"))
    assert list((tmp_path / "fetched").iterdir()) == []


def test_a_tool_that_is_not_installed_is_named() -> None:
    with pytest.raises(NotHad, match=r"^needs no-such-tool$"):
        fetched.needs("git", "no-such-tool")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "it said nothing"),
        ("started\nstopped", "started"),
        ("started\nnpm error no such version\nnpm error more", "npm error no such version"),
        ("an error\nCaused by: this\n\tat here\nCaused by: that\n\tat there", "Caused by: that"),
    ],
)
def test_the_reason_is_the_line_that_tells_most(output: str, reason: str) -> None:
    assert fetched.why(output) == reason
