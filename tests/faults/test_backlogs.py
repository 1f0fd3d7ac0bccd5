"""What piled up while a role was away is worked off in seconds, and a hundred times as much in flat memory."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from episodes.adapters.database.migrate import migrate as migrate_episodes
from notifications.adapters.database.migrate import migrate as migrate_notifications
from tests.episodes.recording_events import care
from tests.episodes.test_relay import Place, place
from tests.episodes.watched import eventually
from tests.faults import FULL
from tests.faults.flooding import Flood, flooded
from tests.faults.memory import Memory
