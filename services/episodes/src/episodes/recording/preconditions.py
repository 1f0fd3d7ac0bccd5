"""Checks before a decision: the caller may act on the episode, and every referenced id exists."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from episodes.domain.care.amendments import Amendment, EntryAttested
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.referrals import involved
from episodes.domain.care.transfers import zone_then
from episodes.domain.episode import Episode
from episodes.domain.refusals import NotAllowed, RuleBroken, Unknown
from episodes.domain.roles import Role
from episodes.domain.time import When
from episodes.domain.written_times import Said, written
from episodes.errors import Moved, NotThere, ReferenceKnown
from episodes.event_log.folding import CachedEpisode
from episodes.recording.commands import CommandRequest, episodes_named_by, references_of
from episodes.recording.store import ReadSet


def episode_of(
    read_set: ReadSet, request: CommandRequest, now: datetime, new_id: Callable[[], UUID]
) -> CachedEpisode:
    """The episode that a request is for, or a new one for an opening. Raises `NotThere`."""
    if request.episode is None:
        return _new(request, new_id())
    cached = _there(read_set, request, request.episode)
    if not _may_act(request, cached.episode, now):
        raise NotThere
    return cached


def episodes_of_client(read_set: ReadSet, request: CommandRequest) -> Sequence[CachedEpisode]:
    """Every episode of a client. Raises `NotThere` unless the caller acts for the clinic of one of them."""
    episodes = _of_client(read_set, request)
    if not any(request.caller.may_act_for(cached.episode.clinic) for cached in episodes):
        raise NotThere
    return episodes


def refuse_to_repeat_elsewhere(read_set: ReadSet, request: CommandRequest) -> None:
    """Raises `NotThere` unless the caller of a repeat may act on the episode now, or could before."""
    if request.episode is not None:
        episode = _there(read_set, request, request.episode).episode
        if request.caller.partner is None and not _ever_of(request, episode):
            raise NotThere
    elif request.client is not None:
        if not any(_ever_of(request, cached.episode) for cached in _of_client(read_set, request)):
            raise NotThere
    elif request.clinic is None or not request.caller.may_act_for(request.clinic):
        raise NotThere


def _of_client(read_set: ReadSet, request: CommandRequest) -> Sequence[CachedEpisode]:
    assert request.client is not None
    ids = read_set.of_clients.get((request.caller.network, request.client), [])
    return [_there(read_set, request, identifier) for identifier in ids]


def _ever_of(request: CommandRequest, episode: Episode) -> bool:
    """Whether the caller may act for a clinic that has or had the episode."""
    clinics = {episode.clinic} | {entry.metadata.clinic for entry in episode.entries}
    return any(map(request.caller.may_act_for, clinics))


def check_preconditions(read_set: ReadSet, request: CommandRequest, episode: Episode) -> None:
    """Refuses an outdated `If-Match`, a `source_ref` recorded before, and ids not in the directory."""
    if request.if_match is not None and not request.if_match.allows(episode.version):
        raise Moved(episode.version)
    _refuse_known_reference(read_set, request)
    for row in references_of(request):
        there = any((table, request.caller.network, row.id) in read_set.rows for table in row.tables)
        if not there or (row.table == "clients" and not _may_name(read_set, request, episode, row.id)):
            kinds = "-or-".join(table.removesuffix("s") for table in row.tables)
            raise Unknown(f"unknown-{kinds}", row.pointer)
    _refuse_without_standing(read_set, request)


def refuse_unknown_episodes(read_set: ReadSet, request: CommandRequest, episode: Episode) -> None:
    """Refuses what is no other episode of the same client that the caller may know of: all alike, so that the
    answer tells nobody which episodes there are. One that cannot be read could be anybody's.

    What the opening names already may be repeated by whoever corrects it.
    """
    for named in episodes_named_by(request):
        if any(opened.fact.continues == named.id for opened in episode.of(EpisodeOpened)):
            continue
        cached = None if named.id == episode.id else read_set.episodes.get(named.id)
        other = None if cached is None else cached.episode
        if other is None or (other.network, other.client) != (request.caller.network, episode.client):
            raise Unknown("unknown-episode", named.pointer)
        if not _ever_of(request, other):
            raise Unknown("unknown-episode", named.pointer)


def _refuse_known_reference(read_set: ReadSet, request: CommandRequest) -> None:
    """Refuses a `source_ref` recorded before, and names the event to whom may see it.

    One of another clinic counts, because it would be imported twice. Of those that partners had among
    everybody's, in earlier releases, a partner's own counts.
    """
    caller = request.caller
    for reference in (request.reference, request.common_reference):
        known = None if reference is None else read_set.references.get((caller.network, reference))
        if known is not None and (reference == request.reference or known.partner == caller.partner):
            raise ReferenceKnown(*known.shown_to(caller))


def _may_name(read_set: ReadSet, request: CommandRequest, episode: Episode, client: UUID) -> bool:
    """Whether the client is registered at the clinic of the episode; an opening by a service of the whole
    network registers it. One that is limited to clinics reaches no other clinic's client by it.
    """
    caller = request.caller
    if caller.actor.role == Role.SERVICE and caller.clinics is None:
        return True
    if client == episode.client and not request.step.opens:
        return True
    return (episode.network, client, episode.clinic) in read_set.registered


def _refuse_without_standing(read_set: ReadSet, request: CommandRequest) -> None:
    """Refuses imports except by the role `service`, attestations in another's name or without a licence."""
    if request.circumstances.origin is not None and request.caller.actor.role != "service":
        raise NotAllowed("imported-by-a-service-only", "/origin")
    if isinstance(request.draft, EntryAttested):
        if request.caller.actor.role != Role.SERVICE and request.draft.by != request.caller.actor.id:
            raise NotAllowed("attested-by-another", "/by")
        attester = read_set.rows["staff", request.caller.network, request.draft.by]
        if not attester["licensed"]:
            raise RuleBroken("attested-without-a-licence", "/by")


def time_of(read_set: ReadSet, request: CommandRequest, episode: Episode, now: datetime) -> When:
    """When it happened: the fact's own time if it states one, else `occurred_at`, else now.

    They may not contradict, and an import says its time or that it is not known.
    """
    zone = read_set.rows["clinics", episode.network, episode.clinic]["zone"]
    beside, own_time = request.circumstances, request.step.own_time
    if own_time is None and (beside.occurred_at or beside.precision or beside.origin) is None:
        return When(now, "second", zone)

    def own(zone: str) -> When | None:
        return None if own_time is None else own_time(request.draft, zone)

    def said_beside(zone: str) -> When | None:
        return None if beside.occurred_at is None else written(beside.occurred_at, zone)

    zone = zone_then(episode, lambda zone: own(zone) or said_beside(zone), zone)
    said = Said(own=own(zone), beside=said_beside(zone), precision=beside.precision, latest=now)
    imported = beside.origin is not None and not isinstance(request.draft, Amendment)
    if imported and (said.own or said.beside or said.precision) is None:
        raise RuleBroken("import-without-a-time", "/occurred_at")
    return said.when(When(now, "second", zone))


def _there(read_set: ReadSet, request: CommandRequest, identifier: UUID) -> CachedEpisode:
    """The episode. Raises `NotThere` if it is another network's, `Unreadable` if it cannot be read."""
    if identifier in read_set.unreadable:
        raise read_set.unreadable[identifier]
    cached = read_set.episodes.get(identifier)
    if cached is None or cached.episode.network != request.caller.network:
        raise NotThere
    return cached


def _may_act(request: CommandRequest, episode: Episode, now: datetime) -> bool:
    """Staff may act for the clinic that has the episode now; a partner while it is involved."""
    partner = request.caller.partner
    if partner is not None:
        return involved(episode, partner, episode.time(now))
    return request.caller.may_act_for(episode.clinic)


def _new(request: CommandRequest, identifier: UUID) -> CachedEpisode:
    clinic, network = request.clinic, request.caller.network
    if clinic is None or not request.caller.may_act_for(clinic):
        raise Unknown("unknown-clinic", "/clinic")
    return CachedEpisode(
        Episode(id=identifier, network=network, clinic=clinic, client=request.draft.client), 0
    )
