"""What a report tells of a measurement beside its value or instead of one: kept as words."""

from collections.abc import Iterator

from laptop.course.instruments import scale_of
from laptop.course.readings import Entry, is_rating, is_remark
from laptop.course.vocabulary import FINDINGS, same


def remarks(part: Entry) -> Iterator[str]:
    """A line for each, of the assessment or of the outcome of a case."""
    for pain in part["pain"]:
        if is_remark(pain):
            yield f"{pain['scale']}, {pain['when']}: {pain['value']}"
    for motion in part["rom"]:
        found = motion.get("finding")
        if found is not None and not same(found, FINDINGS[found]):
            yield f"{motion['joint']}, {motion['motion']}: {found}"
    for instrument in part["instruments"]:
        if not is_rating(instrument) and not scale_of(instrument["scale"])[1]:
            yield f"{instrument['name']}: {instrument['scale']}"
