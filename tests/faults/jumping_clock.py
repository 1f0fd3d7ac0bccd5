"""The API over a wall clock that jumps: run as a module, this is `episodes`."""

from functools import partial

import episodes.__main__
from tests.support.jumping_clock import time_by

FILE = "EPISODES_AHEAD_FILE"

if __name__ == "__main__":
    episodes.__main__._now = partial(time_by, FILE)
    episodes.__main__.main()
