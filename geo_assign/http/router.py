"""Which operation a path means. A tree of path segments: a few dictionary look-ups per request."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from geo_assign.http.errors import MethodNotAllowedError, NoSuchRouteError

_PARAMETER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}(.*)")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class Addressed(Protocol):
    """Anything with a method and a path."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


T = TypeVar("T", bound=Addressed)


@dataclass(slots=True)
class _Node(Generic[T]):
    literal: dict[str, "_Node[T]"] = field(default_factory=dict)
    parameters: list[tuple["_Parameter", "_Node[T]"]] = field(default_factory=list)
    methods: dict[str, T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Parameter:
    """`{name}`, `{name:int}` or `{name:slug}`, with what may follow it in its segment: `{y:int}.mvt`."""

    name: str
    kind: str
    suffix: str

    def read(self, segment: str) -> Any:
        """The value, or None when the segment is not of this kind."""
        if not segment.endswith(self.suffix):
            return None
        return _READERS[self.kind](segment[: len(segment) - len(self.suffix)])


class Router(Generic[T]):
    """Finds one of `routes` by method and path."""

    def __init__(self, routes: Iterable[T]) -> None:
        self._root: _Node[T] = _Node()
        for route in routes:
            methods = self._node_of(route.path).methods
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            methods[route.method] = route

    def find(self, method: str, path: str) -> tuple[T, Mapping[str, Any]]:
        """The route and its path parameters. HEAD finds GET. Raises NoSuchRouteError, MethodNotAllowedError."""
        parameters: dict[str, Any] = {}
        node = self._root
        for segment in path[1:].split("/"):
            node = node.literal.get(segment) or _below(node, segment, parameters)
        route = node.methods.get("GET" if method == "HEAD" else method)
        if route is None:
            if not node.methods:
                raise NoSuchRouteError
            raise MethodNotAllowedError(allow=allowed_methods(node.methods))
        return route, parameters

    def _node_of(self, path: str) -> _Node[T]:
        node = self._root
        for segment in path[1:].split("/"):
            match = _PARAMETER.fullmatch(segment)
            if match is None:
                node = node.literal.setdefault(segment, _Node())
                continue
            name, kind, suffix = match.groups()
            parameter = _Parameter(name, kind or "uuid", suffix)
            known = dict(node.parameters)
            if parameter not in known:
                node.parameters.append((parameter, _Node()))
            node = dict(node.parameters)[parameter]
        return node


def allowed_methods(methods: Iterable[str]) -> list[str]:
    """For the Allow header: what GET brings with it, and OPTIONS, which is always answered."""
    return sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])})


def parameters_of(path: str) -> list[tuple[str, str]]:
    """Names and kinds of a path's parameters, in order."""
    return [(name, kind or "uuid") for name, kind in re.findall(r"\{([a-z_]+)(?::([a-z]+))?\}", path)]


@lru_cache(maxsize=1024)
def template_of(path: str) -> str:
    """The path as OpenAPI writes it: parameters without their kind."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", r"{\1}", path)


def _below(node: _Node[T], segment: str, parameters: dict[str, Any]) -> _Node[T]:
    for parameter, below in node.parameters:
        value = parameter.read(segment)
        if value is not None:
            parameters[parameter.name] = value
            return below
    raise NoSuchRouteError


def _uuid(text: str) -> UUID | None:
    return UUID(text) if _UUID.fullmatch(text) else None


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _slug(text: str) -> str | None:
    return text if _SLUG.fullmatch(text) else None


_READERS: Mapping[str, Callable[[str], Any]] = {"uuid": _uuid, "int": _integer, "slug": _slug}
