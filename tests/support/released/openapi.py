"""Compares two versions of an OpenAPI document: requests are accepted, answers are sent."""

from collections.abc import Iterator

from tests.support.released import schema
from tests.support.released.places import Break, Object, Place
from tests.support.released.schema import Direction

_METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
_NOT_FOUND = "callers that use it are refused"
_NOTHING = "consumers that read it find nothing"


def breaks(old: Place, new: Place) -> Iterator[Break]:
    """Every promise of the old document that the new one does not keep."""
    paths = new.at("paths")
    for path, place in old.at("paths").parts():
        if path not in paths.value:
            yield old.at("paths").broken(f"path {path} is gone", _NOT_FOUND, path)
            continue
        for method in sorted(_METHODS & set(place.value)):
            if method in paths.at(path).value:
                yield from _operation(place, paths.at(path), method)
            else:
                yield place.at(method).broken(f"{method.upper()} {path} is gone", _NOT_FOUND)
    schemes = new.at("components", "securitySchemes")
    for name, scheme in old.at("components", "securitySchemes").parts():
        if scheme.value != schemes.get(name):
            yield scheme.broken(f"security scheme {name} is gone or another", _NOT_FOUND)


def _operation(old_path: Place, new_path: Place, method: str) -> Iterator[Break]:
    old, new = old_path.at(method), new_path.at(method)
    yield from _parameters(_parameters_of(old_path, old), _parameters_of(new_path, new), new)
    yield from _body(old, new)
    yield from _answers(old.at("responses"), new.at("responses"))
    offered = _ways_in(new)
    if not all(any(asked <= way for asked in offered) for way in _ways_in(old)):
        yield old.broken("what a caller must show has changed", _NOT_FOUND)


Parameters = dict[tuple[str, str], Place]


def _parameters_of(path: Place, operation: Place) -> Parameters:
    """The parameters by place and name. Those of the operation override those of the path."""
    return {
        (it.value["in"], it.value["name"]): it
        for of in (path, operation)
        for it in (of.at("parameters", number) for number in range(len(of.get("parameters", ()))))
    }


def _parameters(old: Parameters, new: Parameters, operation: Place) -> Iterator[Break]:
    for key, place in old.items():
        if key in new:
            yield from schema.breaks(place.at("schema"), new[key].at("schema"), Direction.ACCEPTED)
        else:
            yield place.broken(f"{key[0]} parameter {key[1]} is gone", "callers that send it are refused")
    for key, place in new.items():
        if place.get("required") and not (key in old and old[key].get("required")):
            change = f"{key[0]} parameter {key[1]} is now required"
            yield place.broken(change, "callers that leave it out are refused")


def _body(old: Place, new: Place) -> Iterator[Break]:
    before, after = old.at("requestBody"), new.at("requestBody")
    if after.get("required") and not before.get("required"):
        yield after.broken("a body is now required", "callers that send none are refused")
    yield from _content(before, after, Direction.ACCEPTED)


def _answers(old: Place, new: Place) -> Iterator[Break]:
    """The breaks in answers. Of a problem only the form is a promise: it may cease to occur."""
    for status, before in old.parts():
        after = new.at(status)
        if status in new.value:
            yield from _content(before, after, Direction.SENT)
            yield from _headers(before.at("headers"), after.at("headers"))
        elif status.startswith("2"):
            yield before.broken(
                f"status {status} is gone", "consumers that wait for it take it for a failure"
            )


def _content(old: Place, new: Place, direction: Direction) -> Iterator[Break]:
    after = new.at("content")
    for kind, place in old.at("content").parts():
        if kind in after.value:
            yield from schema.breaks(place.at("schema"), after.at(kind, "schema"), direction)
        else:
            yield place.broken(f"{kind} is gone", _NOTHING if direction is Direction.SENT else _NOT_FOUND)


def _headers(old: Place, new: Place) -> Iterator[Break]:
    for name, place in old.parts():
        if name not in new.value:
            yield old.broken(f"header {name} is gone", _NOTHING, name)
            continue
        after = new.at(name)
        if place.get("required") and not after.get("required"):
            yield place.broken(
                f"header {name} is no longer required", "consumers that count on it may miss it"
            )
        yield from schema.breaks(place.at("schema"), after.at("schema"), Direction.SENT)


def _ways_in(operation: Place) -> list[frozenset[tuple[str, str]]]:
    """The alternatives of authentication: sets of schemes with scopes. An empty set admits everybody."""
    ways: list[Object] = operation.get("security", operation.root.get("security")) or [{}]
    return [
        frozenset((name, scope) for name, scopes in way.items() for scope in ("", *scopes)) for way in ways
    ]
