"""The docstrings beneath the fields of a class, for documents generated from the class."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from types import MappingProxyType


@cache
def field_docs(cls: type) -> Mapping[str, str]:
    """The docstring beneath each annotated field of a class, including those of its bases.

    Python keeps no such docstring, so the source is read, as pydantic does for its own models.
    """
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ != "builtins":
            found |= dict(_documented(base))
    return MappingProxyType(found)


def _documented(cls: type) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):  # created at run time, like `Generic` and models built from a table
        return
    body = getattr(tree.body[0], "body", [])
    for field, beneath in pairwise(body):
        match field, beneath:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                yield name, inspect.cleandoc(words).replace("\n", " ")
