"""When the facts of a case took place: its last one yesterday, the times of day as the setting says."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from demo.scripts import Case, NotUnderstood
from demo.setting import Setting
from laptop.course.telling import LATER, MISSED


@dataclass(frozen=True)
class Days:
    """The first and the last visit, and every session with its number; a missed one has none."""

    first: date
    last: date
    sessions: tuple[tuple[date, int | None], ...]
    setting: Setting

    @property
    def delivered(self) -> int:
        return sum(number is not None for _, number in self.sessions)

    @property
    def scheduled(self) -> int:
        """Sessions delivered and sessions missed."""
        return len(self.sessions)

    def at(self, day: date, moment: str) -> str:
        """A time of day named in the setting, with the clinic's offset of that day."""
        hour = time.fromisoformat(self.setting.times[moment])
        return datetime.combine(day, hour, self._zone).isoformat()

    def start_of(self, day: date) -> str:
        """For what is known to the day."""
        return datetime.combine(day, time(0), self._zone).isoformat()

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.setting.clinic.zone)


def lay_out(case: Case, setting: Setting, today: date) -> Days:
    """As the report gives the days, else by the setting's reading of its rhythm."""
    offsets = _offsets(case, setting)
    first = today - timedelta(days=1 + offsets[-1] + _told_later(case))
    days = [first + timedelta(days=offset) for offset in offsets]
    numbers = _numbers(case, setting)
    if not numbers:
        return Days(days[0], days[-1], (), setting)
    if len(numbers) != len(days):
        raise NotUnderstood(f"{case['id']}: a rhythm of {len(days)} for {len(numbers)} sessions")
    return Days(days[0], days[-1], tuple(zip(days, numbers, strict=True)), setting)


def _offsets(case: Case, setting: Setting) -> list[int]:
    stated = [session.get("day_offset") for session in case["sessions"]]
    if stated and None not in stated:
        return stated
    frequency = case["plan"]["frequency"]
    for rhythm in (case["id"], frequency):
        if rhythm in setting.days:
            return setting.days[rhythm]
    raise NotUnderstood(f"{case['id']}: the setting has no days for {frequency!r}")


def _numbers(case: Case, setting: Setting) -> list[int | None]:
    """The sessions' own numbers, with nothing in the place of a missed one."""
    numbers: list[int | None] = [session["n"] for session in case["sessions"]]
    if any(response["finding"] in MISSED for response in case["responses"]):
        numbers.insert(setting.missed[case["id"]] - 1, None)
    return numbers


def _told_later(case: Case) -> int:
    """The days from the last session to the last thing told."""
    last = case["sessions"][-1]["n"] if case["sessions"] else None
    told = [response["finding"] for response in case["responses"] if response["after_session"] == last]
    return max(LATER.get(words, 0) for words in (*told, case["outcome"]["summary_own_words"]))
