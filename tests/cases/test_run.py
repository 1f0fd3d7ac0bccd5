"""What a stranger sees who types `make run`: one story, told in order, on real processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.api import Api
from tests.cases.checking import differences, expected_of
from tests.cases.readme import EXAMPLES, run
from tests.cases.running import KEEPS_RUNNING, Laptop, eventually

KELLER, BELL = "keller-2012-lumbar-fusion", "bell-2008-low-back-sciatica"
FIRST_WEBHOOK = "webhook 1 verified by the partner"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def laptop(run_dir: Path) -> Iterator[Laptop]:
    """Started once, with the case a stranger gets."""
    laptop = Laptop(run_dir / "laptop")
    try:
        laptop.start()
        yield laptop
    finally:
        laptop.close()


def test_the_walked_case_gives_its_state_and_the_partner_hears_what_the_client_consented_to(
    laptop: Laptop,
) -> None:
    assert FIRST_WEBHOOK in laptop.said
    received = _received(laptop)
    assert [one["type"] for one in received] == _types_for_partner(KELLER)
    assert [one["number"] for one in received] == list(range(1, len(received) + 1))
    with Api(laptop.address("episodes"), laptop.token("THERAPIST")) as therapist:
        state = therapist.get(f"/v1/episodes/{received[0]['episode']}")
    assert differences(expected_of(KELLER), state) == []
    assert received[0]["client_ref"] != state["client"]


def test_nobody_else_on_the_machine_may_read_keys_tokens_logs_or_what_was_received(laptop: Laptop) -> None:
    files = [*laptop.home.glob("log/*"), *laptop.home.glob("partner/*"), *laptop.home.glob("keys/**/*.*")]
    names = {file.name for file in files}
    assert names >= {"deliver.log", "received.jsonl", "master.key", "service-tokens.json", "tokens.sh"}
    secret = [laptop.home / "postgres.log", *(file for file in files if file.name != "jwks.json")]
    assert [str(file) for file in secret if file.stat().st_mode & 0o077] == []
    assert "eyJ" not in laptop.said, "a token is in what was printed, which is a file"


def test_whatever_dies_is_started_again_and_the_next_case_goes_the_whole_way(laptop: Laptop) -> None:
    laptop.kill_role("notifications", "consume")
    laptop.kill_server()
    laptop.kill_role("episodes", "api")
    died = ("consume ended with -9", "PostgreSQL is up", "episodes-api ended with -9")
    eventually(lambda: all(what in _since_walked(laptop) for what in died), 60, lambda: laptop.said)
    story = laptop.walk("bell")
    assert "not published" not in story
    assert "not delivered" not in story
    received = [one["type"] for one in _received(laptop)]
    assert received == _types_for_partner(KELLER) + _types_for_partner(BELL)
    with Api(laptop.address("notifications"), laptop.token("THERAPIST")) as notifications:
        inbox = notifications.get("/v1/inbox")
    assert [item["concern"] for item in inbox["items"]] == expected_of(BELL)["inbox"]


@pytest.mark.parametrize("block", EXAMPLES, ids=("network", "partner", "auditor"))
def test_the_examples_of_the_readme_run_as_they_stand(laptop: Laptop, block: str) -> None:
    answers = run(block, laptop)
    assert len(answers) == block.count("curl ")
    assert all(200 <= answer.status < 300 for answer in answers), answers


def test_ctrl_c_ends_it_within_five_seconds_and_the_next_run_continues(laptop: Laptop) -> None:
    assert laptop.stop() < 5
    laptop.start()
    assert "This case was walked to its end before" in laptop.said
    assert "published, " not in laptop.said
    assert laptop.stop() < 5


def _since_walked(laptop: Laptop) -> str:
    return laptop.said.partition(KEEPS_RUNNING)[2]


def _types_for_partner(case: str) -> list[str]:
    return [f"care.episode.{name}.v1" for name in expected_of(case)["partner_hears"]]


def _received(laptop: Laptop) -> list[dict[str, Any]]:
    """By the partner, verified."""
    with Api(laptop.address("partner")) as partner:
        received: list[dict[str, Any]] = partner.get("/")["received"]
    return received
