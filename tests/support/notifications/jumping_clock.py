"""A wall clock that jumps: run as a module, this is `notifications`, ahead by the seconds in a file."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import notifications.__main__
import notifications.processes.roles as roles

FILE = "NOTIFICATIONS_AHEAD_FILE"


class JumpingClock:
    """Of the processes that are given its file."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "ahead"
        self.jump(0)

    def jump(self, ahead: float) -> None:
        """To so many seconds ahead of the true time; below nought behind it."""
        changed = self.file.with_suffix(".new")
        changed.write_text(str(ahead))
        changed.replace(self.file)


def true_time() -> datetime:
    return datetime.now(UTC)


def _time() -> datetime:
    return true_time() + timedelta(seconds=float(Path(os.environ[FILE]).read_text()))


if __name__ == "__main__":
    roles._now = _time
    notifications.__main__.main()
