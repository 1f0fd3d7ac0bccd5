"""An operator sees what is missing, and goes on without it."""

from uuid import uuid4

from notifications.postgres.connections import Connection
from notifications.reacting.comparing import Comparing
from tests.support.notifications.gaps import OPEN, begun
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import Lane, numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care
from tests.support.notifications.service_process import Notifications


async def test_an_operator_lists_what_is_missing_and_goes_on_without_it(
    service: Notifications, db: Connection, episodes: EpisodesService
) -> None:
    subscription = subscribed(service, PARTNER)
    care, lane = Care(), Lane(db)
    opened, shared = begun(care)
    lost = care.session()
    await lane.take(shared, care.session(), care.session())
    listed = service.command("missing", "list").stdout
    assert str(care.episode) in listed
    assert "has all up to 0 of 5, holds 3" in listed
    went_on = service.command("missing", "go-on", str(care.episode))
    assert went_on.stdout == "3 held events took effect; 2 are passed over\n"
    assert numbers(service, subscription) == [1, 2]
    assert service.command("missing", "list").stdout == "nothing is missing\n"
    refused = service.command("missing", "go-on", str(care.episode))
    assert (refused.returncode, refused.stderr) == (1, "nothing is missing in such an episode\n")
    await lane.take(care.session(), lost, opened)
    assert numbers(service, subscription) == [1, 2, 3, 4]
    assert service.count("repeated_numbers") == 0, "what comes late was passed over on purpose"


async def test_going_on_without_the_last_events_passes_their_numbers(
    service: Notifications, db: Connection, episodes: EpisodesService, comparing: Comparing
) -> None:
    care, lane = Care(), Lane(db)
    history = [*begun(care), care.session(), care.session()]
    episodes.publish(*history)
    await lane.take(history[0])
    await comparing.once(db)
    service.command("missing", "go-on", str(care.episode))
    await comparing.once(db)
    await lane.take(care.red_flag())
    assert service.count("gaps", OPEN) == 0
    assert service.count("held_events") == 0


async def test_nobody_goes_on_in_one_of_two_networks_without_saying_which(
    service: Notifications, db: Connection, episodes: EpisodesService
) -> None:
    care = Care()
    for one in (care, Care(network="other", episode=care.episode)):
        _, later = begun(one)
        await Lane(db, one.network, f"feed/{one.network}").take(later)
    refused = service.command("missing", "go-on", str(care.episode))
    assert refused.returncode == 1
    assert refused.stderr.startswith("such an episode is in several networks")
    assert service.count("gaps", OPEN) == 2


async def test_what_comes_late_after_all_undoes_nothing_that_is_known_by_then(
    service: Notifications, db: Connection
) -> None:
    subscription = subscribed(service, PARTNER)
    care, lane, consent, last = Care(), Lane(db), uuid4(), uuid4()
    opened, shared = care.opened(), care.shared_with(PARTNER, consent=consent)
    first = care.transferred(uuid4(), uuid4())
    await lane.take(care.withdrawn(consent, PARTNER), care.transferred(last, uuid4()))
    service.command("missing", "go-on", str(care.episode))
    await lane.take(first, shared, opened)
    await lane.take(care.session(), care.referral_answered(PARTNER))
    assert numbers(service, subscription) == []
    assert service.rows("SELECT recipient_id FROM inbox") == [{"recipient_id": last}]
    assert service.rows("SELECT clinic_id FROM known_episodes") == [{"clinic_id": care.clinic}]
    assert service.count("known_consents", "withdrawn_from IS NOT NULL AND kinds <> '{}'") == 1
