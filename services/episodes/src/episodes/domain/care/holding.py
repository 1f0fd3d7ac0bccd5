"""What holds care: an open red flag, or a hold."""

from collections.abc import Iterator

from episodes.domain.breaches import TIME_NOT_KNOWN
from episodes.domain.care.holds import on_hold
from episodes.domain.care.red_flags import care_is_held
from episodes.domain.episode import Episode
from episodes.domain.time import When


def holding_care(episode: Episode, when: When) -> Iterator[str]:
    """The rules by which no treatment may begin at `when`. If nothing is known of that time, it is not known
    whether what held care by then, or before, held it.
    """
    flagged, paused = care_is_held(episode, when), on_hold(episode, when)
    if not when.known:
        if flagged or paused:
            yield TIME_NOT_KNOWN
        return
    if flagged:
        yield "open-red-flag"
    if paused:
        yield "episode-on-hold"
