"""What the role of each process may do in the database: this, and nothing else.

`migrate` makes the catalog equal to this table, and readiness says what a role lacks of it. The owner's
rights are not listed: it owns the tables, and only `migrate` uses it. See docs/database-roles.md.
"""

from typing import Final

from care_platform.postgres.grants import Grant, for_each

API: Final = "notifications_api"
CONSUME: Final = "notifications_consume"
DELIVER: Final = "notifications_deliver"
ROLES: Final = (API, CONSUME, DELIVER)

_CHOSEN = "SELECT (network_id, subscription_id, partner_id, event_types, clinics, state, last_number)"
"""What decides who is owed an event: neither the address nor the secret."""

_KEPT = (
    "SELECT, INSERT, UPDATE (state, secret, proved_at, rests_until, challenge, challenge_expires_at,"
    " challenge_attempts, challenge_due_at, wrong_confirmations, consecutive_failures, unusable_since)"
)
_CANCELS = "SELECT, UPDATE (state, claim, lease_until, due_at)"
_MOVES = "SELECT, INSERT, UPDATE (position, caught_up_at, topic_id, deleted_unread)"
_LEARNS = "SELECT, INSERT, UPDATE (kinds, effective_from, until, withdrawn_from)"
_CLAIMS = "SELECT, UPDATE (state, attempts, due_at, claim, lease_until)"
_ALERTS = "network_id, clinic_id, episode_id, event_id, event_number, concern, sessions, taken_back_at"
_ENDPOINT = (
    "SELECT, UPDATE (state, consecutive_failures, unusable_since, rests_until, proved_at, challenge,"
    " challenged_at, challenge_expires_at, challenge_attempts, challenge_due_at)"
)

GRANTS: Final[tuple[Grant, ...]] = (
    *for_each(ROLES, "DATABASE", "CONNECT", "works here"),
    *for_each(ROLES, "SCHEMA public", "USAGE", "finds the tables"),
    # The API keeps subscriptions, shows the delivery log and the inbox, and counts.
    Grant(API, "TABLE alembic_version", "SELECT", "is ready only with the tables of its release"),
    Grant(API, "TABLE compatibility", "SELECT", "is ready only if it can read all that is stored"),
    Grant(API, "TABLE subscriptions", _KEPT, "makes, shows, proves and ends subscriptions"),
    Grant(API, "TABLE sealing_keys", "SELECT", "seals a new secret with the newest key"),
    Grant(API, "TABLE deliveries", _CANCELS, "cancels what is pending, and spreads out what waited"),
    Grant(API, "TABLE attempts", "SELECT", "shows how each delivery went"),
    Grant(API, "TABLE inbox", "SELECT, UPDATE (acknowledged_at, acknowledged_by)", "shows and acknowledges"),
    Grant(API, "TABLE positions", "SELECT (lane, caught_up_at, deleted_unread)", "says how far a lane lags"),
    Grant(API, "TABLE parked", "SELECT (network_id, resolved_at)", "counts what waits for an operator"),
    Grant(
        API,
        "TABLE gaps",
        "SELECT (network_id, after_sequence, up_to, noticed_at, incident_at, ended_at)",
        "counts what is missing",
    ),
    Grant(API, "TABLE held_events", "SELECT (network_id, taken_at)", "counts what waits for it"),
    Grant(API, "TABLE repeated_numbers", "SELECT (network_id)", "counts the signs of a restored log"),
    Grant(API, "TABLE comparisons", "SELECT (network_id, reached_at)", "says how far comparing lags"),
    # Consume takes events in and writes down what is owed. The operator works with its role.
    Grant(CONSUME, "TABLE positions", _MOVES, "moves its lanes"),
    Grant(CONSUME, "TABLE seen_events", "SELECT, INSERT", "takes each event in once"),
    Grant(CONSUME, "TABLE known_episodes", "SELECT, INSERT, UPDATE", "learns where an episode stands"),
    Grant(CONSUME, "TABLE known_consents", _LEARNS, "learns of consents, in whatever order"),
    Grant(
        CONSUME, "TABLE parked", "SELECT, INSERT, UPDATE (resolved_at, resolution)", "sets aside, resolves"
    ),
    Grant(CONSUME, "TABLE held_events", "SELECT, INSERT, UPDATE (taken_at)", "holds what leaves a gap"),
    Grant(CONSUME, "TABLE gaps", "SELECT, INSERT, UPDATE", "knows what is missing, and heals it"),
    Grant(CONSUME, "TABLE repeated_numbers", "INSERT", "notes a number that comes again"),
    Grant(
        CONSUME,
        "TABLE comparisons",
        "SELECT, INSERT, UPDATE (position, reached_at)",
        "compares what was published with what it knows",
    ),
    Grant(CONSUME, "TABLE subscriptions", f"{_CHOSEN}, UPDATE (last_number)", "numbers what is owed"),
    Grant(CONSUME, "TABLE deliveries", "SELECT, INSERT", "owes each event once"),
    Grant(
        CONSUME,
        "TABLE inbox",
        f"INSERT, SELECT ({_ALERTS}), UPDATE (sessions, taken_back_at, taken_back_by)",
        "tells a clinic's staff, and takes back what proved false",
    ),
    # Deliver claims what is due, and records how each attempt went.
    Grant(DELIVER, "TABLE subscriptions", _ENDPOINT, "finds the endpoint, challenges, rests or disables it"),
    Grant(DELIVER, "TABLE deliveries", _CLAIMS, "claims what is due and ends it"),
    Grant(DELIVER, "TABLE attempts", "INSERT", "records each attempt"),
)
