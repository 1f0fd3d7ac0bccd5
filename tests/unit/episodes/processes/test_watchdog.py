"""A store call that hangs ends the process; one that ends in time does not."""

import threading

from episodes.processes.watchdog import EXIT_CODE, Watchdog
from tests.support.waiting import eventually


def test_a_call_over_the_limit_ends_the_process_with_a_report() -> None:
    ended = threading.Event()
    reported: list[float] = []
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    watchdog = Watchdog(reported.append, longest=0.1, end=end)
    watchdog.start()
    with watchdog.watching():
        assert ended.wait(5)
    assert codes[0] == EXIT_CODE
    assert reported[0] > 0.1


def test_calls_within_the_limit_end_nothing() -> None:
    codes: list[int] = []
    watchdog = Watchdog(lambda seconds: None, longest=1.0, end=codes.append)
    watchdog.start()
    calls = iter(range(200_000))
    with watchdog.watching():
        pass

    def many() -> bool:
        with watchdog.watching():
            return next(calls) > 50

    eventually(many, "many short calls", within=10)
    assert codes == []
