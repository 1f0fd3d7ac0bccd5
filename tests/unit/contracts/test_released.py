"""The check in a copy of the tree: it fails where a committed document breaks what was released."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.contract_examples import CONTRACTS
from tests.support.released.__main__ import main
from tests.support.released.releases import breaks, release
from tests.support.servers.discovery import CHECKOUT
from tests.unit.contracts.test_compatible_interfaces import changed

SESSION = "care.episode.session_delivered.v1"
BREAKING: list[tuple[str, str, Any, str]] = [
    # the document, the place, what stands there now (none: it is gone), what the check says
    (
        f"schemas/{SESSION}.json",
        "$defs SessionDelivered properties adverse",
        None,
        "property adverse is gone",
    ),
    (f"schemas/{SESSION}.json", "properties type const", "care.other.v1", '"care.other.v1" is new'),
    ("schemas/webhook.json", "properties data", {"type": "object"}, "property number is gone"),
    (
        "schemas/disclosure-questions.json",
        "$defs Question required",
        ["event_id", "level"],
        "level is now required",
    ),
    ("openapi/episodes.json", "paths /v1/feed get", None, "GET /v1/feed is gone"),
    (
        "openapi/notifications.json",
        "components schemas SubscriptionWanted properties url maxLength",
        9,
        "maxLength",
    ),
]
ADDING: list[tuple[str, str, Any]] = [
    (f"schemas/{SESSION}.json", "$defs SessionDelivered properties later", {"type": "string"}),
    ("schemas/disclosure-questions.json", "$defs Question properties later", {"type": "string"}),
    ("openapi/episodes.json", "paths /v1/later", {"get": {"responses": {"200": {"description": "Found"}}}}),
    (
        "openapi/notifications.json",
        "components schemas SubscriptionWanted properties level enum",
        ["empty", "ids", "full"],
    ),
    ("openapi/episodes.json", "components schemas Problem properties status format", "double"),
    (
        "openapi/episodes.json",
        "components schemas ReceiptEpisode properties status x-enum-varnames",
        ["OPEN"],
    ),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The committed documents, released as they are."""
    shutil.copytree(CONTRACTS, tmp_path, dirs_exist_ok=True)
    release(tmp_path)
    return tmp_path


def plant(tree: Path, document: str, where: str, now: Any) -> None:
    path = tree / document
    path.write_text(json.dumps(changed(json.loads(path.read_text()), where, now)))


def said(tree: Path) -> list[str]:
    """What the check prints; it ends with 1 when it prints anything."""
    printed = StringIO()
    with redirect_stdout(printed):
        code = main(["check", "--directory", str(tree)])
    assert code == bool(printed.getvalue())
    return printed.getvalue().splitlines()


def test_the_committed_documents_keep_what_was_released() -> None:
    assert breaks(CONTRACTS) == [], "mend it, or `make release-contracts` on purpose"


@pytest.mark.parametrize(("document", "where", "now", "wanted"), BREAKING)
def test_a_planted_break_fails_the_check_until_it_is_released(
    tree: Path, document: str, where: str, now: Any, wanted: str
) -> None:
    plant(tree, document, where, now)
    *lines, advice = said(tree)
    assert any(
        re.match(rf"breaks: {re.escape(document)}#\S*: .*{re.escape(wanted)}.*: \w", it) for it in lines
    )
    assert "make release-contracts" in advice
    release(tree)
    assert said(tree) == []


@pytest.mark.parametrize(("document", "where", "now"), ADDING)
def test_an_addition_passes(tree: Path, document: str, where: str, now: Any) -> None:
    plant(tree, document, where, now)
    assert said(tree) == []


def test_a_document_may_be_added_and_may_not_go(tree: Path) -> None:
    shutil.copyfile(tree / "schemas" / "webhook.json", tree / "schemas" / "later.json")
    assert said(tree) == []
    (tree / "asyncapi.yaml").unlink()
    assert said(tree)[0].startswith("breaks: asyncapi.yaml#: the document is gone: ")


def test_without_a_release_the_check_fails(tree: Path) -> None:
    shutil.rmtree(tree / "released")
    (line,) = said(tree)
    assert line.startswith("nothing was released: `make release-contracts`")


def test_the_command_exits_with_1_and_prints_what_the_check_says(tree: Path) -> None:
    (tree / "asyncapi.yaml").unlink()
    command = [sys.executable, "-m", "tests.support.released", "check", "--directory", str(tree)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (1, said(tree), "")
