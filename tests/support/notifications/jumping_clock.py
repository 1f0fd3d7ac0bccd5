"""A service over a wall clock that jumps: run as a module, this is `notifications`."""

from functools import partial

import notifications.__main__
import notifications.processes.roles as roles
from tests.support.jumping_clock import time_by

FILE = "NOTIFICATIONS_AHEAD_FILE"

if __name__ == "__main__":
    roles._now = partial(time_by, FILE)
    notifications.__main__.main()
