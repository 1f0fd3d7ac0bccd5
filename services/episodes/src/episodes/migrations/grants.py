"""What the role of each process may do in the database: this, and nothing else.

`migrate` makes the catalog equal to this table, and readiness says what a role lacks of it. The owner's
rights are not listed: it owns the tables, and only `migrate` uses it. See docs/database-roles.md.
"""

from typing import Final

from care_platform.postgres.grants import Grant, Permission, for_each

API: Final = "episodes_api"
RELAY: Final = "episodes_relay"
PROJECT: Final = "episodes_project"
KEYS: Final = "episodes_keys"
ROLES: Final = (API, RELAY, PROJECT, KEYS)

_FOLLOWS = "SELECT, INSERT, UPDATE (epoch, position)"
_HOLDS = "SELECT, INSERT, UPDATE (after, reason), DELETE"

GRANTS: Final[tuple[Grant, ...]] = (
    *for_each(ROLES, "DATABASE", "CONNECT", "works here"),
    *for_each(ROLES, "SCHEMA public", "USAGE", "finds the tables"),
    # The API decides commands, records them, and answers.
    Grant(API, "TABLE alembic_version", "SELECT", "is ready only with the tables of its release"),
    Grant(API, "TABLE compatibility", "SELECT", "writes nothing that a process still running cannot read"),
    Grant(API, "TABLE store_identity", "SELECT", "tells a position given before a restore from a later one"),
    Grant(API, "TABLE stored_events", "SELECT, INSERT", "appends events, folds episodes, serves the feed"),
    Grant(API, "SEQUENCE stored_events_notification_id_seq", "USAGE", "gives an event its position"),
    Grant(API, "TABLE command_receipts", "SELECT, INSERT", "answers a repeated command as the first time"),
    Grant(API, "TABLE source_refs", "SELECT, INSERT", "finds what another system's id was recorded as"),
    Grant(API, "TABLE client_keys", "SELECT, INSERT", "makes a client's key once, and reads with it"),
    Grant(API, "TABLE master_keys", "SELECT", "wraps a new client's key with the newest master key"),
    Grant(API, "TABLE client_episodes", "SELECT, INSERT", "finds the episodes of a client"),
    Grant(API, "TABLE disclosures", "INSERT", "records what a partner may be told, before it is"),
    Grant(API, "TABLE clinics", "SELECT, INSERT, UPDATE", "keeps the directory"),
    Grant(API, "TABLE staff", "SELECT, INSERT, UPDATE", "keeps the directory"),
    Grant(API, "TABLE partners", "SELECT, INSERT, UPDATE", "keeps the directory"),
    Grant(
        API, "TABLE clients", "SELECT, INSERT, UPDATE, DELETE", "keeps who a client is, removes it on demand"
    ),
    Grant(
        API, "TABLE client_identifiers", "SELECT, INSERT, DELETE", "replaces a client's ids in other systems"
    ),
    Grant(API, "TABLE client_registrations", "SELECT, INSERT", "knows at which clinics a client is known"),
    Grant(API, "TABLE directory_changes", "SELECT, INSERT", "keeps who changed what"),
    Grant(API, "TABLE former_identities", "SELECT, INSERT", "keeps what an identity was"),
    Grant(API, "TABLE identity_accesses", "SELECT, INSERT", "records reads of identities"),
    Grant(API, "FUNCTION compared_form(text)", "EXECUTE", "compares identifiers"),
    Grant(API, "TABLE client_subjects", "SELECT, INSERT", "gives each partner its own id of a client"),
    Grant(
        API, "TABLE positions", "SELECT", "says how far the list lags, and compares what the relay has sent"
    ),
    Grant(API, "TABLE held_back", "SELECT", "says what followers hold back"),
    Grant(API, "TABLE retired_networks", "SELECT", "warns of no network that was retired"),
    Grant(API, "TABLE projections", "SELECT", "finds the live build of the list"),
    Grant(API, "TABLE episode_list", "SELECT", "serves the list"),
    Grant(API, "TABLE episode_snapshots", "SELECT", "reads few events of an episode that is not cached"),
    # The relay reads the log and moves its position.
    Grant(RELAY, "TABLE stored_events", "SELECT", "publishes what is recorded"),
    Grant(RELAY, "TABLE client_keys", "SELECT", "opens what it publishes"),
    Grant(RELAY, "TABLE positions", _FOLLOWS, "claims its position and moves it"),
    Grant(RELAY, "TABLE held_back", _HOLDS, "holds back what cannot be read, and only that"),
    Grant(RELAY, "TABLE retired_networks", "SELECT, INSERT", "holds back no network that was retired"),
    Grant(RELAY, "TABLE published_topics", "SELECT, INSERT, UPDATE", "sends to the partitions it has met"),
    # The projection reads the log and writes the list.
    Grant(PROJECT, "TABLE stored_events", "SELECT", "folds episodes for the list"),
    Grant(PROJECT, "TABLE client_keys", "SELECT", "opens what it folds"),
    Grant(PROJECT, "TABLE positions", f"{_FOLLOWS}, DELETE", "moves a build's position, removes it"),
    Grant(PROJECT, "TABLE held_back", _HOLDS, "leaves the lines of episodes it cannot read"),
    Grant(PROJECT, "TABLE retired_networks", "SELECT", "holds back no network that was retired"),
    Grant(
        PROJECT, "TABLE projections", "SELECT, INSERT, UPDATE (live), DELETE", "begins, swaps, removes builds"
    ),
    Grant(
        PROJECT, "TABLE episode_list", "SELECT, INSERT, UPDATE, DELETE", "writes lines, removes old builds"
    ),
    Grant(
        PROJECT,
        "TABLE episode_snapshots",
        "SELECT, INSERT, UPDATE (version, form, state)",
        "writes states that the API begins with",
    ),
    # Changing the master key wraps each client's key anew. Erasing one is granted to no process.
    Grant(KEYS, "TABLE client_keys", "SELECT", "finds the keys to wrap anew"),
    Grant(KEYS, "TABLE master_keys", "SELECT, INSERT, DELETE", "takes master keys into use and out of it"),
    Grant(KEYS, "TABLE compatibility", "SELECT", "uses no number before every process reads them"),
    Grant(
        KEYS, "FUNCTION replace_wrapped_key(text,uuid,bytea,bytea)", "EXECUTE", "replaces one, if unchanged"
    ),
)
OF_EARLIER: Final = (Permission("", "FUNCTION", "compared_form(text)", "EXECUTE"),)
"""The shared role of earlier releases stores identifiers, of which a column is made by this."""
