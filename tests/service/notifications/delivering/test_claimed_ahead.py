"""What is claimed while others are asked about is decided on after its claim."""

from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import Partner, owe, told
from tests.support.waiting import eventually

PATIENT = {"question_seconds": "15", "attempt_seconds": "5", "lease_seconds": "60"}
LEASED = "lease_until > now()"
MORE = 7


def test_a_consent_withdrawn_after_the_claim_stops_what_is_claimed_ahead(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    episodes.held = True
    with PartnerEndpoint() as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 1, *told(care, partner), care.session())
        with service.running("deliver", **PATIENT):
            eventually(lambda: len(episodes.decisions) == 1)
            owe(service, 1 + MORE, *(care.session() for _ in range(MORE)))
            eventually(lambda: service.count("deliveries", LEASED) == 1 + MORE, "all are claimed")
            episodes.answers = "refused"
            episodes.held = False
            eventually(lambda: partner.states() == ["delivered", *["withheld"] * MORE])
    assert len(endpoint.received) == 1
