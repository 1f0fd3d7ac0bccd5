"""What the endpoints work with, made once by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from episodes.adapters.database.directory import Directory
from episodes.adapters.database.disclosures import Disclosures
from episodes.adapters.database.lists import Lists
from episodes.adapters.database.log import Log
from episodes.adapters.issuer_keys import IssuerKeys
from episodes.adapters.keys import Keyring
from episodes.adapters.tokens import Tokens
from episodes.application.writer import Writer


@dataclass(frozen=True, slots=True)
class Services:
    """`new_id` draws random ids, `clock` tells the time with its offset."""

    writer: Writer
    log: Log
    directory: Directory
    disclosures: Disclosures
    lists: Lists
    tokens: Tokens
    issuer_keys: IssuerKeys
    keyring: Keyring
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    public_url: str
