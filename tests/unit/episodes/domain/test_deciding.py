"""What is decided without what only documents show is what is decided with it."""

from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from typing import Any, get_type_hints
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings

from episodes.domain.care import rejudging
from episodes.domain.care.amendment_steps import original
from episodes.domain.care.amendments import Amendment, EntryAddedTo
from episodes.domain.care.rejudging import all_later
from episodes.domain.deciding import completed, for_deciding
from episodes.domain.decision import Command
from episodes.domain.doubts.all_doubts import doubts
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import SHOWN_ONLY
from episodes.domain.refusals import Refused, Unknown
from episodes.domain.vocabulary import BY_FACT, STEPS, decide, evolve, judged_anew
from episodes.event_log.codec import Annotations, DataKey, decode, decode_for_deciding, encode
from episodes.event_log.state_form import state_from_bytes, state_to_bytes
from tests.support.effort import usually
from tests.support.episodes.poison import poisoned
from tests.support.episodes.random_histories import Happened, Story, histories, stranger_histories

Entry = RecordedEvent[Any]
Prepared = Callable[[Entry], Entry]
PassedOn = Callable[[Episode], Episode]
KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))
KEYS = {KEY.id: KEY}
thorough = settings(
    max_examples=usually(100, 400), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Deciding:
    """A state without what only documents show, on which each command of a story is decided again.

    `prepared` makes what is kept of an entry, and `passed_on` of a state.
    """

    def __init__(self, opening: Entry, prepared: Prepared, passed_on: PassedOn) -> None:
        self._prepared, self._passed_on = prepared, passed_on
        self.kept = evolve(None, prepared(opening))

    def again(self, happened: Happened, whole: Episode) -> tuple[Any, list[Any]]:
        """The facts or the refusal, and the doubts, as they are without what only documents show."""
        assert happened.asked is not None
        self.kept = self._passed_on(self.kept)
        episode = before = self._with_whole_entry(happened.asked, whole)
        try:
            facts: Any = decide(episode, happened.asked)
        except Refused as refusal:
            return (refusal.rule, refusal.pointer), []
        episode = self._evolve(episode, happened.entries[: len(facts)])
        own = happened.entries[: len(facts)]
        anew = judged_anew(before, episode, own)
        episode = self._evolve(episode, happened.entries[len(facts) :])
        return [*facts, *anew], list(doubts(episode, own[0], happened.asked))

    def _with_whole_entry(self, asked: Command[Any], whole: Episode) -> Episode:
        if not isinstance(asked.draft, EntryAddedTo):
            return self.kept
        try:
            entry = original(self.kept, asked.about)
        except Unknown:  # it was retracted
            return self.kept
        known = whole.entry(entry.metadata.event_id)
        assert known is not None
        parts = (completed(one, known) if one is entry else one for one in self.kept.entries)
        return self.kept.with_parts(tuple(parts), self.kept.spans)

    def _evolve(self, episode: Episode, entries: Any) -> Episode:
        both = episode is not self.kept
        for entry in entries:
            both = both or isinstance(entry.fact, Amendment)
            kept = self._prepared(entry)
            self.kept = evolve(self.kept, kept)
            episode = evolve(episode, replace(entry, likeness=kept.likeness)) if both else self.kept
        return episode


def compare(story: Story, prepared: Prepared = poisoned, passed_on: PassedOn = lambda state: state) -> None:
    opening, *commands = story
    deciding = Deciding(opening.entries[0], prepared, passed_on)
    for happened in commands:
        assert happened.asked is not None
        found = deciding.again(happened, happened.before)
        if happened.refusal is not None:
            assert found[0] == (happened.refusal.rule, happened.refusal.pointer)
            continue
        told, looked_at = found
        assert [one.fact for one in told] == [entry.fact for entry in happened.entries]
        assert looked_at == list(doubts(happened.episode, happened.entries[0], happened.asked))
        versions = (deciding.kept.version, deciding.kept.sequence, len(deciding.kept.entries))
        assert versions == (
            happened.episode.version,
            happened.episode.sequence,
            len(happened.episode.entries),
        )


@thorough
@given(histories)
def test_every_command_is_decided_alike_without_what_only_documents_show(story: Story) -> None:
    compare(story)


@thorough
@given(stranger_histories)
def test_whatever_the_types_allow_it_is_decided_alike(story: Story) -> None:
    compare(story)


@thorough
@given(histories | stranger_histories)
def test_every_command_is_decided_alike_on_a_state_that_was_read_from_its_bytes(story: Story) -> None:
    compare(story, for_deciding, lambda state: state_from_bytes(state_to_bytes(state)))


@thorough
@given(histories)
def test_an_entry_that_is_read_whole_is_the_same_again(story: Story) -> None:
    for entry in story.events:
        if not isinstance(entry.fact, Amendment):
            assert completed(for_deciding(entry), entry).fact == entry.fact


@thorough
@given(histories | stranger_histories)
def test_what_is_read_for_deciding_is_what_is_kept_of_what_is_read_whole(story: Story) -> None:
    for entry in story.events:
        event = encode(entry.metadata, entry.fact, Annotations(labels=entry.labels), KEY, bytes(12))
        assert decode_for_deciding(event, KEYS) == for_deciding(decode(event, KEYS))


def test_what_only_documents_show_has_a_default() -> None:
    hints = {step.fact: get_type_hints(step.fact, include_extras=True) for step in STEPS}
    marked = [
        (kind, field)
        for kind, of_one in hints.items()
        for field in fields(kind)
        if SHOWN_ONLY in getattr(of_one[field.name], "__metadata__", ())
    ]
    assert len(marked) > 50
    assert [(kind, field.name) for kind, field in marked if field.default is MISSING] == []


@thorough
@given(histories)
def test_where_no_session_is_looked_at_none_would_have_been_judged_anew(story: Story) -> None:
    for happened in story:
        reaching = [it for it in happened.entries if BY_FACT[type(it.fact)].judges]
        if reaching and all_later(happened.before, reaching):
            assert rejudging.judged_anew(happened.episode, reaching, happened.entries) == []
