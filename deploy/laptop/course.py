"""The course of care in a published case, step by step. It invents nothing.

What the report does not say stays absent, with a reason where the vocabulary has room for one;
what only the setting needs comes from the setting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from laptop.cases import Case, NotUnderstood
from laptop.days import Days
from laptop.readings import Body, instruments, pain_not_known, readings, remarks, without_value
from laptop.setting import Setting
from laptop.vocabulary import (
    ADVERSE_EVENTS,
    REASSESSMENTS,
    SCREENING_ITEMS,
    TECHNIQUE_SITES,
    TECHNIQUES,
    coded,
    site,
)

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Made:
    """Stands in a body for the id of the event that an earlier step made."""

    by: str


Step = tuple[str, str, Body]
"""Its name in the case, the resource it is posted to, and the body."""


@dataclass(frozen=True)
class Course:
    """The steps of one case: a method for each."""

    case: Case
    setting: Setting
    client: UUID
    days: Days

    def steps(self) -> Iterator[Step]:
        yield "opening", "episodes", self._opening()
        yield "treatment consent", "treatment-consents", self._treatment_consent()
        yield "sharing consent", "sharing-consents", self._sharing_consent()
        yield "baseline", "assessments", self._baseline()
        yield "plan", "plans", self._plan()
        for number, (session, day) in enumerate(
            zip(self.case["sessions"], self.days.sessions, strict=True), 1
        ):
            yield f"check {number}", "session-checks", self._check(session, day)
            yield f"session {number}", "sessions", self._session(number, session, day)
            yield from self._after(number, day)
        yield "exit", "assessments", self._exit()
        yield "closure", "closure", self._closure()

    def _opening(self) -> Body:
        """An age told as a range has no place here, so it is left out; so is what sex the client is."""
        complaint, age = self.case["complaint"], self.case["client"].get("age")
        return {
            **self._at(self.days.first, "opening"),
            "clinic": self.setting.clinic.id,
            "client": str(self.client),
            "therapist": self.setting.therapist.id,
            "complaint": {
                "category": complaint["category"],
                "words": complaint["text_in_own_words"],
                "sites": [site(words, complaint["sides"]) for words in complaint["body_sites"]],
            },
            **({} if age is None else {"age": age}),
        }

    def _treatment_consent(self) -> Body:
        consent = self.setting.treatment_consent
        signed = self.days.at(self.days.first, "treatment_consent")
        return {"given": {"by": consent.by}, "form": consent.form, "signed_at": signed}

    def _sharing_consent(self) -> Body:
        consent = self.setting.sharing_consent
        return {
            **self._at(self.days.first, "sharing_consent"),
            "partner": self.setting.partner.id,
            "purposes": consent.purposes,
            "kinds": consent.kinds,
            "given": {"by": consent.by},
            "form": consent.form,
        }

    def _baseline(self) -> Body:
        assessed = self.case["assessment"]
        return {
            **self._performed(self.days.first, "baseline"),
            "stage": "baseline",
            **_words("history", self.case["history"], "history_absent_reason"),
            **_words("symptoms", assessed["other_findings"]),
            "health_update": self._medications(),
            "readings": readings(assessed),
            "instruments": instruments(assessed),
            "screening": self._screening(),
        }

    def _plan(self) -> Body:
        plan = self.case["plan"]
        return {
            **self._at(self.days.first, "plan"),
            "goals": [
                {"id": f"goal-{number}", "words": words, "target_absent_reason": UNKNOWN}
                for number, words in enumerate(plan["goals"], 1)
            ],
            "techniques": self._techniques(plan["techniques"]),
            "frequency": plan["frequency"],
            "planned_sessions": plan["sessions"],
            "minutes_per_session": plan["minutes_per_session"],
            "home_care": plan["home_care"],
            "based_on": [Made("baseline")],
        }

    def _check(self, session: Case, day: date) -> Body:
        """What a report says to beware of is told once for the whole course, so each check repeats it."""
        return {
            **self._performed(day, "check"),
            "techniques": self._techniques(session.get("techniques", [])),
            "screening": self._screening(),
            "consent_confirmed": {"form": self.setting.treatment_consent.at_each_check},
        }

    def _session(self, number: int, session: Case, day: date) -> Body:
        """Minutes are known of the session as a whole, not of each technique."""
        if "pain_pre" in session or "pain_post" in session:
            raise NotUnderstood(f"session {number}: a pain score without its scale")
        note = session.get("notes_own_words")
        return {
            "date_of_service": day.isoformat(),
            "start": self.days.at(day, "session"),
            "duration": session["minutes"],
            "plan_version": 1,
            "check_id": Made(f"check {number}"),
            "techniques": self._techniques(session.get("techniques", [])),
            "readings": [pain_not_known(phase="before"), pain_not_known(phase="after")],
            **({} if note is None else {"soap": {"assessment": note}}),
            "performer": self.setting.therapist.id,
        }

    def _after(self, number: int, day: date) -> Iterator[Step]:
        """What is told of the time after a session; known to the day, and not by whom it was told."""
        for finding in self._findings(number):
            stage = REASSESSMENTS.get(finding)
            if stage is None:
                yield f"response {number}", "responses", self._response(number, finding, day)
            elif stage == "midpoint":
                yield "midpoint", "assessments", self._midpoint(finding, day)

    def _response(self, number: int, finding: str, day: date) -> Body:
        return {
            "occurred_at": self.days.start_of(day),
            "precision": "day",
            "session": Made(f"session {number}"),
            "note": finding,
            "adverse": [_adverse(words) for words in self._adverse_events(number)],
        }

    def _midpoint(self, finding: str, day: date) -> Body:
        """The baseline's measurements, of which this one shows no values."""
        measured = readings(self.case["assessment"])
        about = {"stage": "midpoint", "symptoms": finding, "readings": [without_value(it) for it in measured]}
        return {**self._performed(day, "midpoint"), **about}

    def _exit(self) -> Body:
        """Also the place of findings that no session can be named for."""
        outcome = self.case["outcome"]
        final = [it for it in self._findings(len(self.days.sessions)) if REASSESSMENTS.get(it) == "exit"]
        return {
            **self._performed(self.days.last, "exit"),
            "stage": "exit",
            **_words("symptoms", [*final, *self._findings(None), *remarks(outcome["pain"])]),
            "readings": readings(outcome),
            "instruments": instruments(outcome),
        }

    def _closure(self) -> Body:
        plan, outcome = self.case["plan"], self.case["outcome"]
        if len(self.days.sessions) < plan["sessions"]:
            raise NotUnderstood(f"{self.case['id']}: ended before its plan was completed")
        return {
            **self._at(self.days.last, "closure"),
            "reason": "plan_completed",
            "outcomes": [
                {"goal": f"goal-{number}", "absent_reason": UNKNOWN}
                for number, _ in enumerate(plan["goals"], 1)
            ],
            "summary": outcome["summary_own_words"],
        }

    def _at(self, day: date, moment: str) -> Body:
        return {"occurred_at": self.days.at(day, moment), "precision": "minute"}

    def _performed(self, day: date, moment: str) -> Body:
        return {**self._at(day, moment), "performer": self.setting.therapist.id}

    def _techniques(self, names: list[str]) -> list[Body]:
        complaint = self.case["complaint"]
        return [
            {**coded(name, TECHNIQUES[name]), "site": site(place, complaint["sides"])}
            for name in names
            for place in TECHNIQUE_SITES.get(name, complaint["body_sites"][:1])
        ]

    def _screening(self) -> Body:
        found = self.case["screening"]
        items = [*found["contraindications_or_red_flags"], *found["cautions"]]
        present = [{"code": SCREENING_ITEMS[words], "text": words, "answer": "present"} for words in items]
        return {"list_version": self.setting.screening.list_version, "items": present}

    def _medications(self) -> Body:
        """An empty list means that none was mentioned, not that there is none."""
        named = self.case["medications"]
        return {"medications": named} if named else {"absent_reason": UNKNOWN}

    def _findings(self, after_session: int | None) -> list[str]:
        told = self.case["responses"]
        return [response["finding"] for response in told if response["after_session"] == after_session]

    def _adverse_events(self, after_session: int) -> list[str]:
        told = self.case["outcome"]["adverse_events"]
        return [words for words in told if ADVERSE_EVENTS[words][0] == after_session]


def _adverse(words: str) -> Body:
    _, said = ADVERSE_EVENTS[words]
    return {**said, "kind": coded(words, said["kind"])}


def _words(field: str, parts: list[str], absent: str | None = None) -> Body:
    """A line for each."""
    if parts:
        return {field: "\n".join(parts)}
    return {} if absent is None else {absent: UNKNOWN}
