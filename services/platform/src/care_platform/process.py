"""What every process of ours begins with: its log, which also tells of what nobody caught, and a watch over
how many files it has open. And how it ends.
"""

import sys
import threading
from typing import Any

import structlog

from care_platform import descriptors, logs

EXIT_TRY_AGAIN = 75
"""The exit code (EX_TEMPFAIL of sysexits) of a process that, started again, goes on where it ended."""


def begin(role: str) -> None:
    """Called once, by the composition root."""
    logs.configure(role)
    tell_uncaught()
    descriptors.watch()


def tell_uncaught() -> None:
    """An error that nobody caught is a line of the log, by its place: the interpreter would print its text,
    which may quote a record, and would wait for whoever reads standard error.
    """
    sys.excepthook = lambda kind, fault, trace: _tell(fault)
    threading.excepthook = lambda met: _tell(met.exc_value)
    sys.unraisablehook = lambda met: _tell(met.exc_value)


def _tell(fault: BaseException | None) -> None:
    first: Any = fault
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    reason = {"reason": str(first)} if isinstance(first, logs.Loggable) else {}
    structlog.get_logger("process").error("uncaught", error=type(first).__name__, **reason, exc_info=first)
