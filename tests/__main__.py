"""All tests in two processes at once: one of them often waits for a server, a restart or a time-out.

Each half starts servers of its own. Its lines are printed as they come, under its name; what failed in a half
is said once more at the end, where whoever keeps only the last lines finds it.
"""

import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

HALVES = {
    "services": ("tests/service",),
    "all else": ("tests/unit", "tests/simulation", "tests/faults", "tests/cases", "tests/system"),
}
NOTHING_COLLECTED = 5
REPORT = re.compile(r"=+ (FAILURES|ERRORS) =+$")


def main(arguments: Sequence[str]) -> int:
    """Run both halves with these arguments of pytest; or, if they name a place, that alone."""
    if any(Path(argument).parts[:1] == ("tests",) for argument in arguments):
        return subprocess.run(_pytest(arguments), check=False).returncode
    codes: dict[str, int] = {}
    printed: dict[str, list[str]] = {half: [] for half in HALVES}
    threads = [
        threading.Thread(target=_run, args=(half, _pytest([*arguments, *places]), codes, printed[half]))
        for half, places in HALVES.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [half for half, code in codes.items() if code not in (0, NOTHING_COLLECTED)]
    for half in failed:
        print(f"\n{half}, from its first failure:\n" + "".join(_from_the_first_failure(printed[half])))
    empty = all(code == NOTHING_COLLECTED for code in codes.values())
    print("Passed: both halves" if not failed else "FAILED: " + " and ".join(failed))
    return NOTHING_COLLECTED if empty else len(failed)


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


def _run(half: str, command: Sequence[str], codes: dict[str, int], printed: list[str]) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"{half} | {line}", end="", flush=True)
            printed.append(line)
    codes[half] = process.returncode


def _from_the_first_failure(printed: Sequence[str]) -> Sequence[str]:
    """Return the report of what failed as pytest wrote it, at most 150 lines of it with its summary."""
    start = next((at for at, line in enumerate(printed) if REPORT.match(line)), 0)
    return (
        [*printed[start:][:100], "...\n", *printed[-50:]] if len(printed) - start > 150 else printed[start:]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
