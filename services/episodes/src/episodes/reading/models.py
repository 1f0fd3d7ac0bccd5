"""The answers about one episode, described for the OpenAPI document from the domain's own types.

`documents` writes the answers themselves: serialising a long episode through these models would take several
times as long. Tests hold every answer to them. They are made when the API is composed; no other role
needs them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Union
from uuid import UUID

from pydantic import BaseModel, WithJsonSchema

from care_platform.described_model import DescribedModel
from episodes.domain.care.openings import Responsibility
from episodes.domain.event import EventMetadata
from episodes.domain.status import Status
from episodes.domain.step import Step
from episodes.domain.vocabulary import STEPS
from episodes.reading.documents import ABOUT_OTHERS, FOR_PARTNERS, section
from episodes.reading.partner_fields import partner_fields
from episodes.reading.shown_types import Shown, model, shown_fields

_OPEN_END = WithJsonSchema({"type": ["string", "null"], "format": "date-time"})


class EntryReference(DescribedModel):
    """Another event, which speaks about this one."""

    event: UUID
    """The id of the other event."""
    type: str
    """Its kind and version, such as `entry-corrected.1`."""


_INTERVAL = {
    "since": Shown(datetime, "From when on it held."),
    "until": Shown(Annotated[datetime, _OPEN_END], "When it ended; null while no end is known."),
    "holds": Shown(bool, "Whether it held at the `occurred_at` that was asked for; absent if none was."),
}
_ABOUT_IT = {
    "amended_by": Shown(list[EntryReference], "Amendments of this entry, and refusals to amend it."),
    "attested_by": Shown(list[EntryReference], "Attestations that vouch for this entry."),
}
_REJUDGED = {
    "rejudged_by": Shown(list[EntryReference], "Events by which this session was judged anew."),
}
_OF_RESOURCE: Mapping[str, Mapping[str, Shown]] = {
    "session-checks": {
        "verdict_now": Shown(
            str,
            "The verdict as it would be by the rules of this release and all that is known now of the time "
            "of the check; `verdict` is what was told then. A partner is not told.",
        )
    },
    "sessions": _REJUDGED,
}
"""What the state derives for the entries of some resources."""
_LABELS = "Which especially sensitive matters the entry touches."
_SUMMARY = ("type", "version", "occurred_at", "precision", "recorded_at", "origin", "performer")
"""What an entry of the state shows of its event, beside its id and labels."""
_FACT = (
    "What the event says: the fields of its kind, as the entry in the state has them; `redacted` alone, once "
    "the client is erased."
)


def _metadata() -> Mapping[str, Shown]:
    return shown_fields(EventMetadata, FOR_PARTNERS)


def _summary() -> Mapping[str, Shown]:
    metadata = _metadata()
    return {
        "id": metadata["event_id"],
        **{name: metadata[name] for name in _SUMMARY},
        "labels": Shown(list[str], _LABELS),
    }


def _entry(resource: str, steps: Sequence[Step]) -> type[BaseModel]:
    """An entry of one section of the state, which may hold several kinds: a flag and its clearance."""
    words = ("opening",) if resource == "episodes" else resource.removesuffix("s").split("-")
    kinds: dict[str, dict[str, Shown]] = defaultdict(dict)
    for step in steps:
        fact: Any = step.fact
        always = {name for name, screening in partner_fields(fact).items() if not screening}
        for name, field in shown_fields(fact, always).items():
            kinds[name][step.name] = field
    facts = {name: _of_several(of_kinds, len(steps)) for name, of_kinds in kinds.items()}
    return model(
        "".join(map(str.title, words)) + "Entry",
        "An entry of the kind " + " or ".join(f"`{step.name}`" for step in steps) + ".",
        {**_summary(), **facts, **_INTERVAL, **_ABOUT_IT, **_OF_RESOURCE.get(resource, {})},
    )


def _of_several(kinds: Mapping[str, Shown], of: int) -> Shown:
    """A field of several kinds of events: required if each of them requires it."""
    hints = tuple(field.hint for field in kinds.values())
    meanings = {field.description for field in kinds.values()}
    description = (
        meanings.pop()
        if len(meanings) == 1
        else " ".join(f"`{kind}`: {field.description}" for kind, field in kinds.items())
    )
    required = len(kinds) == of and all(field.required for field in kinds.values())
    return Shown(Union[hints], description, required)  # noqa: UP007 - made from a list


def _sections() -> Mapping[str, Sequence[Step]]:
    found: dict[str, list[Step]] = defaultdict(list)
    for step in STEPS:
        if not issubclass(step.fact, ABOUT_OTHERS):
            found[section(step.fact)].append(step)
    return found


@cache
def episode_state() -> type[BaseModel]:
    """A form of its own for each section, named by its resource."""
    entries = {resource: _entry(resource, steps) for resource, steps in _sections().items()}
    opening = entries.pop("episodes")
    responsible = model(
        "ResponsibleTherapist",
        "Who answered for the episode, and when.",
        {**shown_fields(Responsibility, {"therapist", "clinic"}), **_INTERVAL},
    )
    return model(
        "EpisodeState",
        "The state of an episode, rebuilt from its events: a section for each resource of care.",
        {
            "id": Shown(UUID, "The episode's id.", required=True),
            "version": Shown(int, "How many events the state was rebuilt from.", required=True),
            "status": Shown(Status, "Whether care goes on; told to a partner only with consent to it."),
            "clinic": Shown(UUID, "The clinic that has the episode.", required=True),
            "client": Shown(UUID, "The client's id; to a partner the reference made for it.", required=True),
            "opened": Shown(opening, "How the episode was opened."),
            "responsible": Shown(list[responsible], "Who answered for it, one after the other."),  # type: ignore[valid-type]
            **{
                resource: Shown(list[entry], f"The entries of `{resource}`, oldest first.")  # type: ignore[valid-type]
                for resource, entry in entries.items()
            },
        },
    )


@cache
def recorded_event() -> type[BaseModel]:
    """Its `fact` is an open object: a closed choice of kinds would break clients at every new kind."""
    return model(
        "RecordedEvent",
        "One event of the episode: who recorded it and when, and what it says.",
        {
            **_metadata(),
            "client_ref": Shown(
                UUID, "To a partner, in place of the client's id: the reference made for it."
            ),
            "subject": Shown(
                UUID, "`client_ref` by its former name; the next release leaves it out.", deprecated=True
            ),
            "labels": Shown(list[str], _LABELS, required=True),
            "fact": Shown(dict[str, Any], _FACT, required=True),
            **_ABOUT_IT,
            **_REJUDGED,
        },
    )


@cache
def episode_history() -> type[BaseModel]:
    """The events as each is answered alone."""
    event: Any = recorded_event()
    return model(
        "EpisodeHistory",
        "Every event of the episode that the caller may see, or a page of them.",
        {
            "events": Shown(list[event], "The events, oldest first.", required=True),
            "next": Shown(str, "The `cursor` of the next page; absent on the last, and without `limit`."),
        },
    )
