"""Formatting of the lines that a walk prints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]


def line(name: str, text: str) -> str:
    return f"  {name:14}{text}"


def moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M")


def spaced(code: str) -> str:
    """A code in ordinary spelling."""
    return code.replace("_", " ")
