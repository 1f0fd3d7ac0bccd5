"""A process whose role lacks something says what, and works as soon as the table is in force again."""

from collections.abc import Iterator

import psycopg
import pytest

from notifications.migrate import migrate
from tests.support.notifications.service_process import Api, Notifications
from tests.support.waiting import eventually


@pytest.fixture
def lacking(service: Notifications) -> Iterator[Notifications]:
    """The service while each role lacks one right."""
    with psycopg.connect(service.database.owner_url) as owner:
        owner.execute("REVOKE UPDATE (acknowledged_by) ON inbox FROM notifications_api")
        owner.execute("REVOKE INSERT ON inbox FROM notifications_consume")
        owner.execute("REVOKE INSERT ON attempts FROM notifications_deliver")
    yield service
    mend(service)


def mend(service: Notifications) -> None:
    migrate(service.database.owner_url, "notifications_app")


def test_the_api_is_not_ready_and_says_what_its_role_lacks(lacking: Notifications) -> None:
    with Api(lacking) as api:
        answer = api.call("GET", "/health/ready")
        assert answer.status_code == 503
        assert "lacks UPDATE (acknowledged_by) ON TABLE inbox:" in answer.json()["reason"]
        mend(lacking)
        eventually(lambda: api.call("GET", "/health/ready").status_code == 200)


@pytest.mark.parametrize("process", ["consume", "deliver"])
def test_the_others_wait_and_say_what_their_role_lacks(lacking: Notifications, process: str) -> None:
    table = {"consume": "inbox", "deliver": "attempts"}[process]
    with lacking.running(process):
        eventually(lambda: f"lacks INSERT ON TABLE {table}:" in lacking.log_of(process))
