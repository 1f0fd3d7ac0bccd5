"""The docstrings beneath the fields of a class, for documents generated from the class."""

import ast
import inspect
import sys
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
        if inspect.get_annotations(base):
            found |= _of_module(base.__module__).get(base.__qualname__, {})
    return MappingProxyType(found)


@cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """The docstrings of every class of a module, which is parsed once for all of them.

    A class made at run time, and a module installed without its source, have none.
    """
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError):
        return {}
    return {node.name: dict(_documented(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _documented(cls: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, beneath in pairwise(cls.body):
        match field, beneath:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                yield name, inspect.cleandoc(words).replace("\n", " ")
