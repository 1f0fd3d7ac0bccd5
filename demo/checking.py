"""Checks a script against the API's own schemas before anything is sent."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from demo.commands import Command, commands_of
from demo.scripts import NotUnderstood, Script, find_script, parse_script
from demo.setting import Setting

OPENAPI = Path(__file__).parents[1] / "contracts" / "openapi" / "episodes.json"
_EPISODE = "/v1/episodes/{episode}/"
_ANYBODY = UUID(int=0)


def read_script(case: str, setting: Setting) -> Script:
    """A published case by its name, or any script by its path. Raises `UnknownCase` and `NotUnderstood`."""
    file = find_script(case)
    try:
        script = parse_script(file.read_text(encoding="utf-8"))
        check(script, setting)
    except (NotUnderstood, UnicodeDecodeError) as problem:
        raise NotUnderstood(f"{file}: {problem}") from None
    return script


def check(script: Script, setting: Setting) -> None:
    """Check that each reference names an earlier step, and that the API has each path and accepts each body.

    Raises `NotUnderstood` for the first mistake.
    """
    made: dict[str, str] = {}
    for command in commands_of(script, setting, _ANYBODY, date(2026, 1, 1)):
        command.path("", made)
        validator = _validator(_template(command))
        problem = best_match(filter(_is_one, validator.iter_errors(command.body_with(made))))
        if problem is not None:
            field = problem.json_path.removeprefix("$").removeprefix(".") or "body"
            raise NotUnderstood(f"step {command.step!r}, {field}: {problem.message}")
        made[command.step] = str(uuid5(_ANYBODY, command.step))


def _is_one(problem: ValidationError) -> bool:
    """Whether the API sees it so, too: a day, month or year in place of a time fits the pattern alone."""
    schema = problem.schema
    return problem.validator != "format" or not isinstance(schema, Mapping) or "pattern" not in schema


def _template(command: Command) -> str:
    """The command's path as written in the API's document."""
    asked = command.resource.split("/")
    for template in _bodies():
        parts = template.removeprefix(_EPISODE).removeprefix("/v1/").split("/")
        if len(parts) == len(asked) and all(map(_fits, parts, asked)):
            return template
    raise NotUnderstood(f"step {command.step!r}, post: the API takes nothing at {command.resource!r}")


def _fits(part: str, asked: str) -> bool:
    """Whether a part of a path matches the document: a reference matches a parameter."""
    return asked.startswith("$") if part.startswith("{") else part == asked


@cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return document


@cache
def _bodies() -> Mapping[str, Any]:
    """The schema of each command's body, by the path of the command."""
    return {
        path: methods["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, methods in _document()["paths"].items()
        if path == "/v1/episodes" or (path.startswith(_EPISODE) and "post" in methods)
    }


@cache
def _validator(path: str) -> Draft202012Validator:
    schema = {**_bodies()[path], "components": _document()["components"]}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
