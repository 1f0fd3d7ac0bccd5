"""Key files: made once, whole and for the service alone; never replaced, whatever is wrong with one."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from care_platform.key_files import SIZE, read_key, read_or_make_key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "master.key"


def test_a_key_is_made_once_for_all_who_start_at_the_same_time(file: Path) -> None:
    with ThreadPoolExecutor(8) as processes:
        made = set(processes.map(lambda _: read_or_make_key(file), range(8)))
    assert len(made) == 1
    assert len(made.pop()) == SIZE
    assert list(file.parent.iterdir()) == [file], "nothing is left beside it"


def test_only_the_service_may_read_it(file: Path) -> None:
    read_or_make_key(file)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * (SIZE + 1)])
def test_what_is_no_key_is_refused_and_left_as_it_is(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(SystemExit, match=r"master\.key is not a key of 32 bytes"):
        read_or_make_key(file)
    assert file.read_bytes() == content


def test_a_key_that_may_not_be_made_is_asked_for(file: Path) -> None:
    with pytest.raises(SystemExit, match=r"master\.key is missing"):
        read_or_make_key(file, may_create=False)
    assert not file.parent.exists()


def test_a_full_disk_leaves_nothing_that_stops_the_next_start(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            read_or_make_key(file)
    assert list(file.parent.iterdir()) == []
    assert read_or_make_key(file) == read_key(file)
