"""Logs as JSON lines of an allow-list of fields: ids, types, positions, durations. Never a value or name."""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {"event", "level", "timestamp", "logger", "role", "method", "route", "status", "ms", "seconds"}
    | {"correlation_id", "error", "exception", "network", "networks", "topic", "position", "epoch", "count"}
    | {"size", "attempts", "port", "host", "version", "revision", "reason", "lag_seconds"}
    | {"topics", "head", "sent", "listed", "build", "abandoned", "place"}
)


def _allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name in ALLOWED}


def _frames_only(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Where a defect was met, without what it said: an exception's text may quote a record."""
    if event.pop("exc_info", None):
        trace, frames = sys.exc_info()[2], []
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["exception"] = frames[-8:]
    return event


class _LibraryLine(logging.Formatter):
    """Where a library reports from and the class of its exception: its words may quote a record."""

    def format(self, record: logging.LogRecord) -> str:
        fault = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        return f"{record.levelname} {record.name} {record.module}:{record.lineno} {fault}".rstrip()


def configure(role: str) -> None:
    """Once per process, by the composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _frames_only,
            _allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
