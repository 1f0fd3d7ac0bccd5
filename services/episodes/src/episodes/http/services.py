"""What the endpoints work with, made once by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.tokens import Verifier
from episodes.access import Caller
from episodes.directory.postgres import Directory
from episodes.disclosure.postgres import Disclosures
from episodes.episode_list.postgres import Lists
from episodes.event_log.keyring import Keyring
from episodes.event_log.reader import Log
from episodes.recording.writer import Writer


@dataclass(frozen=True, slots=True)
class Services:
    """`new_id` draws random ids, `clock` tells the time with its offset."""

    writer: Writer
    log: Log
    directory: Directory
    disclosures: Disclosures
    lists: Lists
    tokens: Verifier[Caller]
    issuer_keys: IssuerKeys
    keyring: Keyring
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    public_url: str
