"""The pages for readers say what the code does: every event, rule, route, role and field, and no other."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from care_platform.auth.refusals import TokenFault
from contracts.codec import CloudEvent, to_kafka
from contracts.envelope import PublishedEvent
from contracts.webhook import Links, Webhook, WebhookData
from episodes.access import ACCESS
from episodes.domain.breaches import OF_SESSIONS, OF_THE_DESK, TIME_NOT_KNOWN
from episodes.domain.care.session_checks import OURS, SOURCES
from episodes.domain.field_rules import CLIENT, CLINIC, PARTNER, STAFF, STAFF_OR_PARTNER
from episodes.domain.vocabulary import COMMANDS, STEPS
from episodes.http import problems
from episodes.publishing.mapping import published_name
from episodes.recording.endpoint import path_of
from notifications.access import ALLOWED, Action
from notifications.http import problems as notified
from tests.support import vocabulary_page
from tests.support.servers.discovery import CHECKOUT
from tests.support.vocabulary_page import CONTRACTS, GROUPS, LINES, OF_ITS_ENTRY, VOCABULARY, roles, table

INTERFACES = (CONTRACTS / "INTERFACES.md").read_text()
EPISODES = CHECKOUT / "services" / "episodes" / "src" / "episodes"
NOTIFICATIONS = CHECKOUT / "services" / "notifications" / "src" / "notifications"

READS = {
    "GET /v1/episodes": ("episodes", "list"),
    "GET /v1/episodes/{episode}": ("episodes", "read"),
    "GET /v1/episodes/{episode}/history": ("history", "read"),
    "GET /v1/episodes/{episode}/events/{event}": ("events", "read"),
    "GET /v1/feed": ("feed", "read"),
    "GET /v1/episodes/{episode}/published-events": ("published-events", "read"),
    "GET /v1/published-sequences": ("published-sequences", "read"),
    "POST /v1/disclosure-decisions": ("disclosure-decisions", "write"),
    "GET /v1/clients": ("clients", "read"),
    "DELETE /v1/clients/{id}": ("clients", "delete"),
    "PUT /v1/clients/{id}/registrations/{clinic}": ("clients", "register"),
    "PUT /v1/clients/registrations/{clinic}": ("clients", "identify"),
}
DOORS = {
    "POST /v1/subscriptions": Action.SUBSCRIBE,
    "GET /v1/subscriptions": Action.READ_SUBSCRIPTION,
    "GET /v1/subscriptions/{subscription_id}": Action.READ_SUBSCRIPTION,
    "DELETE /v1/subscriptions/{subscription_id}": Action.END_SUBSCRIPTION,
    "POST /v1/subscriptions/{subscription_id}/confirmation": Action.CONFIRM_ADDRESS,
    "POST /v1/subscriptions/{subscription_id}/challenge": Action.ASK_FOR_CHALLENGE,
    "POST /v1/subscriptions/{subscription_id}/secret": Action.REPLACE_SECRET,
    "POST /v1/subscriptions/{subscription_id}/reactivation": Action.REACTIVATE,
    "GET /v1/subscriptions/{subscription_id}/deliveries": Action.READ_DELIVERIES,
    "GET /v1/subscriptions/{subscription_id}/events": Action.PULL_EVENTS,
    "GET /v1/inbox": Action.READ_INBOX,
    "POST /v1/inbox/{item_id}/acknowledgement": Action.ACKNOWLEDGE,
}
OPEN = ("GET /health/", "GET /metrics", "GET /problems/")
REFUSING = ("RuleBroken", "Unknown", "NotAllowed", "NotYours", "NotProved", "NotReactivated", "_rule")
DOUBTING = "Doubt"
RULE = re.compile(r"[a-z]+(-[a-z]+)+")


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def firsts(rows: list[list[str]]) -> list[str]:
    return [row[0] for row in rows]


def literals(package: Path, *files: str) -> Iterator[tuple[str, str]]:
    """Each rule name in the code, or in some files of it: how it is said, and the name."""
    for path in sorted(path for name in files or ("*.py",) for path in package.rglob(name)):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="unless"), args=[_, ast.Constant(value=str(rule)), *_]):
                    yield "unless", rule
                case ast.Call(func=ast.Name(id="missing_at"), args=[_, _, ast.Constant(value=str(rule))]):
                    yield "yield", rule
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(rule)), *_]) if name in (
                    *REFUSING,
                    DOUBTING,
                ):
                    yield name, rule
                case ast.Expr(ast.Yield(ast.Constant(value=str(rule)))) if RULE.fullmatch(rule):
                    yield "yield", rule


SAID = list(literals(EPISODES))
IN_ANSWERS = {"ahead-of-our-clock", "long-episode"}
IN_NAMES = {f"unknown-{names.table.removesuffix('s')}" for names in (CLIENT, CLINIC, PARTNER, STAFF)} | {
    f"unknown-{STAFF_OR_PARTNER.table.removesuffix('s')}-or-{str(STAFF_OR_PARTNER.or_in).removesuffix('s')}"
}


def test_the_vocabulary_has_a_row_for_each_command_and_its_event() -> None:
    listed = sorted((line.path, line.event) for line in LINES)
    below = "/v1/episodes/{episode}/"
    assert listed == sorted((path_of(step).removeprefix(below), step.name) for step in COMMANDS)


@pytest.mark.parametrize("step", COMMANDS, ids=lambda step: step.resource)
def test_the_vocabulary_says_of_each_what_the_tables_of_the_code_say(step: Any) -> None:
    line = vocabulary_page.COMMANDS[step.resource]
    assert line.who == ACCESS[step.resource, "write"]
    assert line.published == published_name(step.name)
    assert line.kind == (OF_ITS_ENTRY if step.rewrites else step.kind)
    assert (line.after_closing, line.set_right) == (step.after_closing, step.amended)


def test_every_rule_is_in_the_vocabulary_and_no_other() -> None:
    rules = {rule for _, rule in SAID} | IN_ANSWERS | IN_NAMES | set(OF_SESSIONS)
    listed = firsts(table(VOCABULARY, "rule"))
    assert sorted(listed) == sorted(rules)


def test_the_vocabulary_says_what_each_rule_does() -> None:
    effects = {row[0]: row[1] for row in table(VOCABULARY, "rule")}
    either = {rule for who, rule in SAID if who == "unless"}
    assert {rule for rule, effect in effects.items() if effect == "refuses or breach"} == either
    assert either == set(OF_THE_DESK)
    assert {rule for rule, effect in effects.items() if effect.startswith("breach")} == set(OF_SESSIONS)
    asking = ("session_checks.py", "treatment_consents.py", "plans.py", "holding.py")
    verdicts = {rule for who, rule in literals(EPISODES, *asking) if who == "yield"} | {TIME_NOT_KNOWN}
    assert {rule for rule, effect in effects.items() if effect.endswith(("stops", "limits"))} == verdicts
    doubted = {rule for who, rule in SAID if who == DOUBTING} | IN_ANSWERS
    assert {rule for rule, effect in effects.items() if "warns" in effect} == doubted
    forbids = {rule for who, rule in SAID if who == "NotAllowed"}
    assert {rule for rule, effect in effects.items() if effect == "forbids"} == forbids
    refuses = {rule for who, rule in SAID if who in ("RuleBroken", "Unknown")} | IN_NAMES
    assert {rule for rule, effect in effects.items() if effect in ("refuses", "refuses or warns")} == refuses


def test_a_verdict_names_the_source_of_its_rule_as_the_vocabulary_does() -> None:
    sources = {row[0]: row[3] for row in table(VOCABULARY, "rule")}
    verdicts = {
        rule
        for who, rule in literals(EPISODES, "session_checks.py", "treatment_consents.py")
        if who == "yield"
    }
    assert {rule: SOURCES.get(rule, OURS) for rule in verdicts} == {rule: sources[rule] for rule in verdicts}


def test_every_meaning_is_told() -> None:
    for row in (*table(VOCABULARY, "rule"), *table(VOCABULARY, "event")):
        assert all(row), row


@pytest.mark.parametrize(("service", "title"), [("episodes", "Episodes"), ("notifications", "Notifications")])
def test_every_route_is_listed_once_and_no_other(service: str, title: str) -> None:
    document = json.loads((CONTRACTS / "openapi" / f"{service}.json").read_text())
    routes = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    assert sorted(firsts(table(section(INTERFACES, title), "route"))) == sorted(routes)


def test_who_may_use_a_route_of_episodes_is_what_its_table_says() -> None:
    commands = {f"POST {path_of(step)}": (step.resource, "write") for step in COMMANDS}
    for route, who, _ in table(section(INTERFACES, "Episodes"), "route"):
        if route.startswith(OPEN):
            assert who == "anybody"
            continue
        assert roles(who) == ACCESS[(commands | READS).get(route) or _of_the_directory(route)], route


def _of_the_directory(route: str) -> tuple[str, str]:
    method, path = route.split()
    action = "history" if path.endswith("/history") else {"PUT": "write", "GET": "read"}[method]
    return path.split("/")[2], action


def test_who_may_use_a_route_of_notifications_is_what_its_table_says() -> None:
    for route, who, _ in table(section(INTERFACES, "Notifications"), "route"):
        if route.startswith(OPEN):
            assert who == "anybody"
            continue
        assert roles(who) == {role.value for role, may in ALLOWED.items() if DOORS[route] in may}, route


def test_the_rules_of_notifications_are_listed() -> None:
    listed = firsts(table(INTERFACES, "rule of notifications"))
    assert sorted(listed) == sorted({rule for _, rule in literals(NOTIFICATIONS)})


def test_each_service_explains_its_rules_word_for_word_as_its_page_does() -> None:
    served = [[it.name, it.effect, it.meaning, it.source] for it in problems.PROBLEMS.rules.values()]
    assert sorted(served) == sorted(table(VOCABULARY, "rule"))
    notifying = [[it.name, it.meaning, it.source] for it in notified.PROBLEMS.rules.values()]
    assert sorted(notifying) == sorted(table(INTERFACES, "rule of notifications"))


def test_every_type_of_problem_is_listed_with_its_status_and_whether_to_repeat() -> None:
    listed = {}
    for name, status, again, by, _ in table(INTERFACES, "type"):
        for service in ("episodes", "notifications") if by == "both" else (by,):
            listed[service, name] = (int(status), again == "yes")
    both: dict[str, list[Any]] = {
        "episodes": list(problems.KINDS.values()),
        "notifications": list(notified.KINDS.values()),
    }
    assert listed == {
        (service, kind.name): (kind.status, kind.retry) for service, kinds in both.items() for kind in kinds
    }


def test_every_reason_to_refuse_a_token_is_listed_with_its_sentence() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", section(INTERFACES, "Tokens"), re.MULTILINE)
    reasons = [(fault.value, fault.sentence) for fault in TokenFault]
    assert listed[-len(reasons) :] == reasons


def test_the_headers_on_kafka_are_those_a_record_has() -> None:
    attributes = dict.fromkeys(PublishedEvent.model_fields.keys() - {"data"}, "1")
    _, _, headers = to_kafka(CloudEvent(attributes, b"{}"))
    assert sorted(firsts(table(section(INTERFACES, "Kafka and the feed"), "header"))) == sorted(
        name for name, _ in headers
    )


def test_the_body_of_a_webhook_is_told_field_by_field() -> None:
    webhooks = section(INTERFACES, "Webhooks")
    assert firsts(table(webhooks, "field of `data`")) == list(WebhookData.model_fields)
    assert firsts(table(webhooks, "link")) == list(Links.model_fields)
    assert set(Webhook.model_fields) == {"type", "timestamp", "data"}


def test_the_groups_of_roles_are_those_the_vocabulary_tells() -> None:
    for group, who in table(VOCABULARY, "group"):
        assert set(who.split(", ")) == GROUPS[group]


def test_readers_are_led_to_both() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    assert "contracts/VOCABULARY.md" in readme
    assert "contracts/INTERFACES.md" in readme
    assert {step.name for step in STEPS if step.offered} == {row[0] for row in table(VOCABULARY, "event")}


def test_what_the_service_records_itself_has_a_table_of_its_own() -> None:
    own = {step.name: published_name(step.name) for step in STEPS if not step.offered}
    assert own == vocabulary_page.OWN_EVENTS
    assert {row[3] for row in table(VOCABULARY, "own event")} == {"–"}
    assert not [step for step in STEPS if not step.offered and step.kind is not None]
