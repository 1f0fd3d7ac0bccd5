"""Logs as JSON lines of an allow-list of fields: ids, types, positions, durations; no values, no names."""

import atexit
import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import NoReturn

import structlog
from structlog.typing import EventDict, WrappedLogger

from care_platform.log_writer import LogWriter

FIELDS = frozenset(
    {"event", "level", "timestamp", "logger", "role", "error", "exception", "reason", "place", "where"}
    | {"method", "route", "status", "duration_ms", "seconds", "lag_seconds", "correlation_id"}
    | {"network", "networks", "environment", "source", "host", "port", "version", "revision"}
    | {"topic", "topics", "lane", "position", "epoch", "head", "sent", "listed", "build", "abandoned"}
    | {"attempt", "last", "attempts", "count", "limit", "size", "episode", "event_id"}
    | {"subscription", "parked_id", "resolution", "problem"}
)
"""The allow-list. Any other field is omitted, and only its name is logged, under `dropped`."""

_PLAIN_TEMPLATES = ("kafka", "uvicorn")
"""Libraries whose message templates, without their arguments, contain no values."""

_TELLING = (
    "hostname mismatch",
    "IP address mismatch",
    "unable to get local issuer certificate",
    "self-signed certificate",
    "certificate has expired",
    "certificate is not yet valid",
    "certificate required",
    "bad certificate",
    "certificate unknown",
    "unknown ca",
    "certificate verify failed",
    "does not match host name",
    "does not support SSL",
    "root certificate file",
    "wrong version number",
    "EOF occurred in violation of protocol",
    "invalid credentials",
    "invalid username or password",
    "invalid_token",
    "password authentication failed",
    "connection refused",
    "timeout expired",
    "could not translate host name",
    "no pg_hba.conf entry",
    "does not exist",  # last, for a file is told by its own words
)
"""Words of TLS, SASL and PostgreSQL that say why a connection fails. They are logged if an error's text has
them, and tell an operator what to mend; the rest of the text is not logged."""


class Loggable(Exception):
    """An error whose message is our own and holds nothing of a record, so that a log may quote it."""


_LAST_LINES = 1.0
"""How many seconds the end of a process waits for its last lines to be written."""

_ENCODE = json.JSONEncoder(default=str).encode
"""Made once: `json.dumps` would make an encoder for each line."""

_writer: LogWriter | None = None


def configure(role: str, descriptor: int | None = None) -> None:
    """Send our lines and those of libraries to standard error. The composition root calls it once.

    The libraries' lines stay above INFO: at DEBUG kafka-python prints the records it sends.
    """
    global _writer
    _writer = writer = LogWriter(_standard_error() if descriptor is None else descriptor, _dropped_line(role))
    writer.start()
    handler = _Handing(writer)
    handler.setFormatter(_LibraryLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    quiet_kafka()
    # The library of the event log silences the pool, which alone says why a database cannot be reached.
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            lambda _, __, line: {"role": role, **line},
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _frames_only,
            only_known_fields,
            structlog.processors.JSONRenderer(serializer=lambda line, **_: _ENCODE(line)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(writer),
        cache_logger_on_first_use=False,
    )
    atexit.register(flush)


def flush() -> None:
    """Wait until all that was logged is written, if it can be: at most a second."""
    if _writer is not None:
        _writer.flush(_LAST_LINES)


def leave(code: int) -> NoReturn:
    """End the process with this code at once: nothing is cleaned up, but its last lines are written."""
    flush()
    os._exit(code)


def dropped_lines() -> int:
    """How many lines of this process were dropped, because the log could not be written."""
    return 0 if _writer is None else _writer.dropped


def _standard_error() -> int:
    """Where standard error is closed, its number may be another file's, or a connection's, by now."""
    return os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else sys.stderr.fileno()


def _dropped_line(role: str) -> Callable[[int], str]:
    def line(count: int) -> str:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        told = {"event": "lines dropped", "level": "warning", "timestamp": now, "role": role}
        return json.dumps({**told, "count": count, "reason": "the log could not be written"})

    return line


class _Lines:
    """What structlog calls with a rendered line, under the name of its level."""

    def __init__(self, writer: LogWriter) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = writer.put


class _Handing(logging.Handler):
    """Hands libraries' lines over to be written."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as fault:  # the library's own way would print the record
            line = json.dumps({"event": "a line could not be made", "error": type(fault).__name__})
        self._writer.put(line)


def quiet_kafka() -> None:
    """Keep kafka-python's DEBUG lines, which print the records it sends, from every handler.

    Holds whatever the level of the root logger, and where logs are not configured.
    """
    logging.getLogger("kafka").setLevel(logging.WARNING)


def only_known_fields(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    dropped = sorted(line.keys() - FIELDS)
    if not dropped:
        return line
    return {name: value for name, value in line.items() if name in FIELDS} | {"dropped": dropped}


def _frames_only(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """The frames of a defect without the exception's text, which may quote a record."""
    met = line.pop("exc_info", None)
    if met:
        trace = met.__traceback__ if isinstance(met, BaseException) else sys.exc_info()[2]
        line["exception"] = _frames(trace)[-8:]
    return line


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames


class _LibraryLine(logging.Formatter):
    """A library's log line reduced to its place and to the class of its exception, never its arguments."""

    def format(self, record: logging.LogRecord) -> str:
        fault = _fault(record)
        words = str(record.msg) if record.name.startswith(_PLAIN_TEMPLATES) else "a library reports"
        line = {
            "event": words,
            "level": record.levelname.lower(),
            "logger": record.name,
            "where": f"{record.module}:{record.lineno}",
            "error": type(fault).__name__ if fault else None,
        }
        reason = reason_of(fault) if fault else None
        return json.dumps({**line, "reason": reason} if reason else line)


def _fault(record: logging.LogRecord) -> BaseException | None:
    """The exception that the line is about: kafka-python and psycopg's pool give it among the arguments."""
    if record.exc_info and record.exc_info[1]:
        return record.exc_info[1]
    arguments = record.args if isinstance(record.args, tuple) else ()
    return next((it for it in arguments if isinstance(it, BaseException)), None)


def reason_of(fault: BaseException) -> str | None:
    """Why a connection failed, in our words or those of the list: libraries quote what they were given."""
    if isinstance(fault, Loggable):
        return str(fault)
    text = str(fault).lower()
    return next((words for words in _TELLING if words.lower() in text), None)
