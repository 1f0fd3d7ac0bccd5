"""Logs as JSON lines with an allow-list of fields, so that nothing of a client can slip in."""

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

FIELDS = frozenset(
    {
        "attempt",
        "correlation_id",
        "count",
        "duration_ms",
        "environment",
        "error",
        "event",
        "event_id",
        "lane",
        "level",
        "logger",
        "method",
        "network",
        "parked_id",
        "place",
        "port",
        "reason",
        "resolution",
        "role",
        "route",
        "source",
        "status",
        "subscription",
        "timestamp",
        "topic",
        "where",
    }
)
_PLAIN_TEMPLATES = ("kafka", "uvicorn")


def configure_logs() -> None:
    """Ours and the libraries' go to standard error; Kafka's stay above DEBUG, where it prints records."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known_fields,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_LibraryLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("kafka").setLevel(logging.WARNING)


def only_known_fields(logger: object, name: str, line: MutableMapping[str, Any]) -> dict[str, Any]:
    """A field that is not on the list is dropped, and its name is told."""
    unknown = sorted(set(line) - FIELDS)
    kept = {field: value for field, value in line.items() if field in FIELDS}
    return kept | ({"dropped": unknown} if unknown else {})


class _LibraryLine(logging.Formatter):
    """The place of a library's line and the class of its exception; never its arguments."""

    def format(self, record: logging.LogRecord) -> str:
        fault = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        line = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "where": f"{record.module}:{record.lineno}",
            "event": str(record.msg) if record.name.startswith(_PLAIN_TEMPLATES) else "a library reports",
            "error": fault,
        }
        return json.dumps(line)
