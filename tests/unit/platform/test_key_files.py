"""Key files: made once, whole and for the service alone; never replaced, whatever is wrong with one."""

import errno
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from care_platform.key_files import SIZE, KeyUnavailable, read_key, read_or_make_key, usable_key


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
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    file.write_bytes(content)
    with pytest.raises(SystemExit, match=r"master\.key is not a key of 32 bytes"):
        read_or_make_key(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
@pytest.mark.parametrize("of", ["file", "directory"])
def test_what_others_may_use_is_refused_with_the_command_that_mends_it(file: Path, of: str, bit: int) -> None:
    read_or_make_key(file)
    path, right = (file, 0o600) if of == "file" else (file.parent, 0o700)
    path.chmod(right | bit)
    with pytest.raises(SystemExit) as refused:
        read_or_make_key(file)
    told = str(refused.value)
    assert told.endswith(f": chmod {right:o} {path}")
    with pytest.raises(KeyUnavailable):
        usable_key(file)
    subprocess.run(told[told.index("chmod") :].split(), check=True)
    assert len(read_or_make_key(file)) == SIZE


def test_no_key_is_made_in_a_directory_that_others_may_use(file: Path) -> None:
    file.parent.mkdir()
    file.parent.chmod(0o755)
    with pytest.raises(SystemExit, match="chmod 700"):
        read_or_make_key(file)
    assert list(file.parent.iterdir()) == []


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
