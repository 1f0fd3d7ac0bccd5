"""When the facts of a case took place: its last one yesterday, the times of day as the setting says."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from laptop.cases import Case, NotUnderstood
from laptop.setting import Setting


@dataclass(frozen=True)
class Days:
    """The days of the sessions, oldest first."""

    sessions: tuple[date, ...]
    setting: Setting

    @property
    def first(self) -> date:
        return self.sessions[0]

    @property
    def last(self) -> date:
        return self.sessions[-1]

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
    if len(offsets) != len(case["sessions"]):
        raise NotUnderstood(f"{case['id']}: a rhythm of {len(offsets)} for {len(case['sessions'])} sessions")
    first = today - timedelta(days=1 + offsets[-1])
    return Days(tuple(first + timedelta(days=offset) for offset in offsets), setting)


def _offsets(case: Case, setting: Setting) -> list[int]:
    stated = [session.get("day_offset") for session in case["sessions"]]
    if None not in stated:
        return stated
    frequency = case["plan"]["frequency"]
    if frequency not in setting.days:
        raise NotUnderstood(f"{case['id']}: the setting has no days for {frequency!r}")
    return setting.days[frequency]
