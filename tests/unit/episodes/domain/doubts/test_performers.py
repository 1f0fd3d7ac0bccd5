"""A session of which nobody is named as having given it is recorded, and the answer warns."""

from tests.support.episodes.care_facts import OPENED, a_baseline, a_correction_of, a_session, an_addition_to
from tests.support.episodes.doubting import warned_of
from tests.support.episodes.scenario import THERAPIST, march, past

SESSION = "session-delivered.1"


def test_a_session_names_who_gave_it_and_no_other_entry_needs_to() -> None:
    assert warned_of(a_session(march(2, 10)), performer=None) == [("no-performer", "/performer")]
    assert not warned_of(a_session(march(2, 10)), performer=THERAPIST)
    assert not warned_of(a_baseline, performer=None)


def test_a_correction_may_name_who_did_it_and_an_addition_may_not() -> None:
    told = past(a_session(march(2, 10), position="prone"), march(2, 10))
    wrong = a_correction_of(SESSION, a_session(march(2, 10)))
    assert warned_of(wrong, after=[OPENED, told], about=told.id) == [("no-performer", "/performed_by")]
    named = a_correction_of(SESSION, a_session(march(2, 10)), performed_by=THERAPIST)
    assert not warned_of(named, after=[OPENED, told], about=told.id)
    more = an_addition_to(SESSION, place="home")
    assert not warned_of(more, after=[OPENED, told], about=told.id)
