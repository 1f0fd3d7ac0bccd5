"""What the endpoints work with, made once by the composition root."""

from dataclasses import dataclass, fields

from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.tokens import Verifier
from care_platform.clock_drift import ClockDrift
from episodes.access import Caller
from episodes.directory.clients import Clients
from episodes.directory.postgres import Directory
from episodes.disclosure.postgres import Disclosures
from episodes.episode_list.postgres import Lists
from episodes.event_log.compatibility import AllHave, EverythingIsWritten
from episodes.event_log.episodes import Episodes
from episodes.event_log.keyring import Keyring
from episodes.event_log.reader import Log, Wake
from episodes.http.requests import Surroundings
from episodes.publishing.another_log import Restores
from episodes.publishing.episode_events import EpisodeEvents
from episodes.publishing.feed_positions import FeedPositions
from episodes.publishing.sequences import PublishedSequences
from episodes.publishing.shared_pages import SharedPages
from episodes.recording.writer import Writer


@dataclass(frozen=True, slots=True)
class Services:
    """One instance of each class: an endpoint asks for what it needs by its class."""

    writer: Writer
    log: Log
    episodes: Episodes
    wake: Wake
    feed: SharedPages
    restores: Restores
    drift: ClockDrift
    episode_events: EpisodeEvents
    sequences: PublishedSequences
    directory: Directory
    clients: Clients
    disclosures: Disclosures
    lists: Lists
    tokens: Verifier[Caller]
    issuer_keys: IssuerKeys
    keyring: Keyring
    feed_positions: FeedPositions
    positions_may_be_sealed: AllHave
    everything_is_written: EverythingIsWritten
    surroundings: Surroundings

    def by_class(self) -> dict[type, object]:
        """The services by their class, as `at_hand` looks them up."""
        return {type(one): one for one in (getattr(self, field.name) for field in fields(self))}
