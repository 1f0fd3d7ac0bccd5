"""Writes what belongs to a batch beside its events: receipts, keys, references, openings and so on."""

from psycopg import Cursor
from psycopg.rows import DictRow

from care_platform.postgres.row_security import SCOPE, scoped
from episodes.event_log.arrays import Bytes, Numbers, Texts, Times, Uuids
from episodes.recording.store import WriteSet

_KEYS = """INSERT INTO client_keys (network_id, client_id, key_id, wrapped)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::bytea[]) ORDER BY 1, 2"""
_RECEIPTS = """INSERT INTO command_receipts (network_id, command_id, request_mac, status, response, asked_as)
SELECT n, c, m, 201, r, a
FROM unnest(%b::text[], %b::uuid[], %b::bytea[], %b::bytea[], %b::text[]) AS w(n, c, m, r, a)
ORDER BY 1, 2"""
_OPENINGS = """INSERT INTO client_episodes (network_id, client_id, episode_id, clinic_id, opened_at)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::uuid[], %b::timestamptz[]) ORDER BY 1, 2, 3"""
_SUBJECTS = """INSERT INTO client_subjects (network_id, client_id, partner_id, subject)
SELECT n, c, p, (
    SELECT s FROM partners WHERE network_id = n AND partner_id = p AND version = v FOR SHARE
) FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::uuid[], %b::bigint[]) AS w(n, c, p, s, v)
ORDER BY 1, 2, 3"""
"""A subject is null, and so refused, where the partner is no more who it was when it was read: whom the
client consented to is kept with the consent. While it is written nobody changes the partner.
"""
_REGISTRATIONS = """INSERT INTO client_registrations
(network_id, client_id, clinic_id, how, actor_id, actor_role)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::text[], %b::uuid[], %b::text[]) ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING"""
_REFERENCES = """INSERT INTO source_refs (network_id, reference, episode_id, event_id)
SELECT * FROM unnest(%b::text[], %b::bytea[], %b::uuid[], %b::uuid[]) ORDER BY 1, 2"""


def write(curs: Cursor[DictRow], write_set: WriteSet) -> None:
    """Write each table in the order of keys, so that two batches cannot deadlock."""
    curs.execute(SCOPE, scoped({network for network, _ in write_set.receipts}), prepare=True)
    if write_set.keys:
        networks, clients = zip(*write_set.keys, strict=True)
        ids, wrapped = zip(*write_set.keys.values(), strict=True)
        columns = (Texts(networks), Uuids(clients), Uuids(ids), Bytes(wrapped))
        curs.execute(_KEYS, columns, prepare=True)
    if write_set.openings:
        networks, clients, episodes, clinics, times = zip(*write_set.openings, strict=True)
        opened = (Texts(networks), Uuids(clients), Uuids(episodes), Uuids(clinics), Times(times))
        curs.execute(_OPENINGS, opened, prepare=True)
    if write_set.registrations:
        networks, clients, clinics = zip(*write_set.registrations, strict=True)
        actors, reasons = zip(*write_set.registrations.values(), strict=True)
        registered = (Texts(networks), Uuids(clients), Uuids(clinics), Texts(reasons))
        by = (Uuids(actor.id for actor in actors), Texts(actor.role for actor in actors))
        curs.execute(_REGISTRATIONS, (*registered, *by), prepare=True)
    if write_set.subjects:
        networks, clients, partners = zip(*write_set.subjects, strict=True)
        places = (Texts(networks), Uuids(clients), Uuids(partners))
        versions = Numbers(write_set.partners[place] for place in zip(networks, partners, strict=True))
        curs.execute(_SUBJECTS, (*places, Uuids(write_set.subjects.values()), versions), prepare=True)
    networks, commands = zip(*write_set.receipts, strict=True)
    receipts = write_set.receipts.values()
    macs, bodies = Bytes(r.mac for r in receipts), Bytes(r.body for r in receipts)
    asked_as = Texts(r.asked_as for r in receipts)
    curs.execute(_RECEIPTS, (Texts(networks), Uuids(commands), macs, bodies, asked_as), prepare=True)
    if write_set.references:
        networks, hashes = zip(*write_set.references, strict=True)
        episodes, events = zip(*write_set.references.values(), strict=True)
        found_at = (Uuids(episodes), Uuids(events))
        curs.execute(_REFERENCES, (Texts(networks), Bytes(hashes), *found_at), prepare=True)
