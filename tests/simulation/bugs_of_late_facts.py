"""Mistakes somebody could make with what comes late, doubled or in another order."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from contracts.envelope import PublishedEvent
from episodes.domain.care import rejudging, sessions
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.time import When, compare
from episodes.domain.vocabulary import decide
from episodes.recording import answers, new_events
from episodes.recording.writer import Settled, Waiting, Writer
from notifications.reacting.owed import AlertsTakenBack
from tests.simulation.reactions import Item, Ledger
from tests.simulation.world import Parts


@contextmanager
def _instead(module: Any, name: str, other: Any) -> Iterator[None]:
    """Another function of that name, for the writer alone: whoever looks at what it did has the real one."""
    real = getattr(module, name)
    setattr(module, name, other)
    try:
        yield
    finally:
        setattr(module, name, real)


class _JudgesWhatBeganLaterAlone(Writer):
    """What began at the same time, as far as that is known, may have been touched, too."""

    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        with _instead(rejudging, "_not_before", _after):
            return super()._settle(waiting)


def _after(entry: RecordedEvent[Any], since: Sequence[When]) -> bool:
    return any(compare(entry.metadata.when, one) > 0 for one in since)


class _ForgetsSessionsOfAnotherTime(Writer):
    """An amendment may touch a session of any time: where it moved the entry from is not where it is now."""

    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        with _instead(rejudging, "Amendment", ()):
            return super()._settle(waiting)


class _KeepsTheFirstJudgement(Writer):
    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        with _instead(rejudging, "_with_breaches", lambda entry, judged, version: entry):
            return super()._settle(waiting)


class _WithdrawsFromWhenItCame(Writer):
    """Whatever the tablet says of when the consent was withdrawn."""

    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        with _instead(new_events, "decide", _from_now):
            return super()._settle(waiting)


def _from_now(episode: Episode, command: Command[Any]) -> list[NewFact]:
    decided = decide(episode, command)
    if isinstance(command.draft, TreatmentConsentWithdrawn):
        return [replace(it, fact=replace(it.fact, effective_from=command.now)) for it in decided]
    return decided


class _WarnsOfNoDouble(Writer):
    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        with _instead(answers, "doubts", lambda *_: ()):
            return super()._settle(waiting)


class _TakesAVisitTwice(Writer):
    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        refuse = sessions._refuse_malformed

        def lenient(episode: Episode, draft: SessionDelivered, when: When) -> None:
            refuse(episode, replace(draft, visit=None), when)

        with _instead(sessions, "_refuse_malformed", lenient):
            return super()._settle(waiting)


class _TakesNothingBack(Ledger):
    async def take_back(self, event: PublishedEvent, owed: AlertsTakenBack) -> None:
        return


class _TakesBackWhatCameLater(Ledger):
    """What is critical is owed before its turn: what it tells of is newer than what is taken back then."""

    def takes_back(self, concern: str, item: Item, event: PublishedEvent, owed: AlertsTakenBack) -> bool:
        return super().takes_back(concern, replace(item, number=0), event, owed)


class _TakesBackWhole(Ledger):
    """An alert of several sessions, as soon as one of them broke no rule after all."""

    async def take_back(self, event: PublishedEvent, owed: AlertsTakenBack) -> None:
        together = set(owed.sessions)
        for (_, concern), item in self._tables.inbox.items():
            if self.takes_back(concern, item, event, owed):
                together |= item.sessions
        await super().take_back(event, AlertsTakenBack(tuple(sorted(together))))


_JUDGED = "every_session_is_judged_as_a_naive_judge_judges_it"
_TWICE = "what_was_sent_twice_under_another_key_is_told"
_FALSE = "what_proved_false_is_taken_back"
_STANDS = "of_every_breach_that_stands_an_alert_stands"

BUGS: Mapping[str, tuple[str, Parts]] = {
    "judges what began later alone": (_JUDGED, Parts(writer=_JudgesWhatBeganLaterAlone)),
    "forgets sessions of another time": (_JUDGED, Parts(writer=_ForgetsSessionsOfAnotherTime)),
    "keeps the first judgement": (_JUDGED, Parts(writer=_KeepsTheFirstJudgement)),
    "withdraws from when it came": (
        "judgements_are_those_of_the_order_of_time",
        Parts(writer=_WithdrawsFromWhenItCame),
    ),
    "warns of no double": (_TWICE, Parts(writer=_WarnsOfNoDouble)),
    "takes a visit twice": (_TWICE, Parts(writer=_TakesAVisitTwice)),
    "takes nothing back": (_FALSE, Parts(ledger=_TakesNothingBack)),
    "takes back what came later": (_FALSE, Parts(ledger=_TakesBackWhatCameLater)),
    "takes back whole": (_STANDS, Parts(ledger=_TakesBackWhole)),
}
