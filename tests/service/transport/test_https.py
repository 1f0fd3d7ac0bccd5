"""The services in production speak https alone, with certificates of an authority of our own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from care_platform.transport.files import trusting
from contracts.disclosure import Question
from notifications.answers import NoAnswer
from notifications.config import Settings
from notifications.delivering.disclosure import HttpDisclosure
from notifications.episodes_service import EpisodesService
from notifications.processes.roles import session_with_episodes
from tests.support.episodes.role_process import Watched
from tests.support.secured_path import SecuredPath
from tests.support.servers.certificates import Authority
from tests.support.servers.kafka import free_port
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually


class Secured:
    """The episodes API in production, with a certificate for `localhost`."""

    def __init__(self, path: SecuredPath, directory: Path) -> None:
        self.path = path
        self.authority = Authority(directory, "care")
        self.another = Authority(directory, "another")
        self.port = free_port()
        self.api: Watched = path.episodes_api(self.serving(self.port))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def serving(self, port: int) -> dict[str, str]:
        certificate, key = self.authority.certificate("localhost")
        return {
            "environment": "production",
            "port": str(port),
            "public_url": f"https://localhost:{port}",
            "tls_certificate_file": str(certificate),
            "tls_key_file": str(key),
            "allow_loopback": "false",
        }

    def calling(self, url: str, authority: Authority) -> dict[str, str]:
        """The settings of a role of notifications that reads this service."""
        return {
            "environment": "production",
            "episodes_url": url,
            "episodes_ca_file": str(authority.file),
            "allow_loopback": "false",
        }

    def ready(self, port: int) -> bool:
        try:
            trusted = trusting(self.authority.file)
            return httpx.get(f"https://localhost:{port}/health/ready", verify=trusted).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def secured(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    directory = tmp_path_factory.mktemp("https")
    path = SecuredPath(postgres, None, directory)
    secured = Secured(path, directory)
    eventually(lambda: secured.ready(secured.port), "the API is ready", 90, secured.api)
    yield secured
    path.close()


def test_who_trusts_another_authority_or_asks_by_another_name_takes_nothing_in(secured: Secured) -> None:
    secured.path.record()
    by_address = f"https://127.0.0.1:{secured.port}"
    for calling in (
        secured.calling(secured.url, secured.another),
        secured.calling(by_address, secured.authority),
    ):
        consume = secured.path.consume(calling)
        again = consume.awaited("consume begins again", within=60)
        assert again["reason"] == "ClientConnectorCertificateError"
        consume.close()
    assert (secured.path.seen(), secured.path.following()) == (0, 0)


def test_consume_reads_the_feed_over_https(secured: Secured) -> None:
    public = secured.path.record()
    consume = secured.path.consume(secured.calling(secured.url, secured.authority))
    eventually(lambda: secured.path.seen() >= public, "consume reads", 60, consume)
    consume.close()


def test_notifications_serve_https_too(secured: Secured) -> None:
    port = free_port()
    said = secured.serving(port) | secured.calling(secured.url, secured.authority)
    api = secured.path.notifications_api(said)
    eventually(lambda: secured.ready(port), "the API is ready", 60, api)
    api.close()


def test_plain_text_gets_no_answer_and_no_token_leaves(secured: Secured) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://localhost:{secured.port}/health/live")


async def test_disclosures_are_asked_for_by_https_of_the_one_authority(secured: Secured) -> None:
    question = Question(event_id=uuid4(), partner=uuid4(), subscription_id=uuid4())
    token = secured.path.issuer.token("service", network="demo")

    async def ask(authority: Authority) -> int:
        settings = Settings.model_validate(
            secured.calling(secured.url, authority) | {"public_url": "https://care.example"}
        )
        async with session_with_episodes(settings) as session:
            episodes = EpisodesService(settings.episodes_url, lambda _: token, session, 10)
            return len(await HttpDisclosure(episodes).ask("demo", [question]))

    assert await ask(secured.authority) == 1
    with pytest.raises(NoAnswer, match="ClientConnectorCertificateError"):
        await ask(secured.another)


def test_a_key_that_others_may_read_is_refused_at_start(secured: Secured) -> None:
    said = secured.serving(free_port())
    Path(said["tls_key_file"]).chmod(0o640)
    api = secured.path.episodes_api(said)
    assert api.ended(60) != 0
    assert "EPISODES_TLS_KEY_FILE: names a file that others than its owner may use" in api.output
