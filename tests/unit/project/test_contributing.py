"""What CONTRIBUTING says a new event touches is what an existing one touches."""

import re
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
NAMES = r"episode-resumed|EpisodeResumed|resume_episode|holds\.RESUMING|episode\}/resumption`"
WRITTEN_BY_MACHINE = re.compile(
    r"contracts/(released|openapi|schemas|examples)/|contracts/asyncapi.yaml|/golden/|CONTRIBUTING.md|/cases/"
)
IN_PASSING = {
    "tests/unit/notifications/reacting/test_policies.py",  # as an event of no concern
    "tests/unit/project/test_contributing.py",
}


def test_a_new_event_touches_what_the_page_says() -> None:
    told = re.findall(r"`((?:contracts|services|tests)/[\w/.]+\.(?:py|md))`", _section("To add an event"))
    named = {path for path in _files_that_name_it() if not WRITTEN_BY_MACHINE.search(path)}
    assert named - IN_PASSING <= set(told)
    assert {path for path in told if not path.startswith("tests/")} <= named
    assert all((CHECKOUT / path).exists() for path in told)


def test_in_product_and_pages_a_new_event_costs_at_most_eight_places() -> None:
    named = {path for path in _files_that_name_it() if not WRITTEN_BY_MACHINE.search(path)}
    assert len({path for path in named if not path.startswith("tests/")}) <= 8


def _section(title: str) -> str:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def _files_that_name_it() -> set[str]:
    command = ["git", "grep", "-lE", NAMES]
    found = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return set(found.stdout.split())
