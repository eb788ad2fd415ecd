"""Which operation a request is for, as Flask decides it, without an application."""

from functools import cache

from werkzeug.routing import Map, Rule

from geo_assign.app import list_operations
from geo_assign.http.operations import Operation
from geo_assign.http.paths import prepare_url_map, rule_of


def find_operation(method: str, path: str) -> Operation:
    """The operation that serves `path`. Raises NotFound, MethodNotAllowed."""
    operation: Operation = _map().bind("localhost").match(path, method)[0]
    return operation


@cache
def _map() -> Map:
    url_map = Map()
    prepare_url_map(url_map)
    for operation in list_operations():
        url_map.add(Rule(rule_of(operation.path), endpoint=operation, methods=[operation.method]))
    return url_map
