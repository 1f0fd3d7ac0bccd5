"""The facts of a published case, as they were copied from its report."""

import json
from typing import Any

from demo.scripts import find_script

Case = dict[str, Any]


def read_case(name: str) -> Case:
    """The facts beside a case's script, by the case's name or a part of it."""
    case: Case = json.loads(find_script(name).with_name("facts.json").read_text(encoding="utf-8"))
    return case
