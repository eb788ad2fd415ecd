"""Where the time of one request goes inside the process: each layer's own time, without what it calls.

The application is called as the server calls it, in this process; the functions that make up a layer are replaced by
ones that keep the time.
"""

import io
import os
from collections.abc import Callable, Mapping
from functools import reduce
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any

from scripts.benchmark.questions import Nearest

# Layer, module, name. What none of them covers is "the rest".
LAYERS = (
    ("request", "geo_assign.http.request", "Request.__init__"),
    ("routing", "flask.ctx", "RequestContext.match_request"),
    ("credentials", "geo_assign.http.request_handler", "credentials_of"),
    ("parsing", "geo_assign.http.request_handler", "RequestHandler._receive"),
    ("parsing", "geo_assign.http.request_handler", "RequestHandler._try_to_parse"),
    ("admission, limits", "geo_assign.http.admission", "Admission.enter"),
    ("admission, limits", "geo_assign.http.admission", "Admission.leave"),
    ("admission, limits", "geo_assign.http.limits", "Limits.call"),
    ("pool", "sqlalchemy", "Engine.connect"),
    ("pool", "sqlalchemy", "Connection.close"),
    ("begin + token", "geo_assign.core.db", "_begin"),
    ("all in one message", "geo_assign.core.db", "Database._ask_at_once"),
    ("rehearsal", "geo_assign.core.db", "Database.foresee"),
    ("token to caller", "geo_assign.http.request_handler", "authenticate"),
    ("store's rules", "geo_assign.http.routes.nearest", "get_store_rules"),
    ("question", "geo_assign.http.routes.nearest", "_asked"),
    ("clock", "geo_assign.core.db", "Tx.now"),
    ("query", "geo_assign.http.routes.nearest", "rank"),
    ("answer as JSON", "geo_assign.http.routes.nearest", "_answer"),
    ("commit", "geo_assign.core.db", "_commit"),
    ("headers", "geo_assign.http.request_handler", "render"),
    ("log, metrics", "geo_assign.http.accounting", "_count"),
)
REST = "the rest"
WHOLE = "in the process"


class _Watch:
    """Adds up own times by layer; a layer inside another stops the outer one's time."""

    def __init__(self) -> None:
        self.own_s: dict[str, float] = {}
        self._inner: list[float] = [0.0]

    def around(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            began = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                took = perf_counter() - began
                self.own_s[layer] = self.own_s.get(layer, 0.0) + took - self._inner.pop()
                self._inner[-1] += took

        return timed

    def take(self) -> Mapping[str, float]:
        """The times since the last call."""
        taken, self.own_s = self.own_s, {}
        return taken


def measure_layers(environment: Mapping[str, str], question: Nearest) -> dict[str, float]:
    """Medians of each layer's own time, microseconds, and of the whole. To be run in a process of its own."""
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # log lines are written, but nowhere
    settings = import_module("geo_assign.core.settings").Settings()
    app = import_module("geo_assign.app").create_app(settings)
    requests = [request.partition(b"\r\n\r\n")[::2] for request in question()[0]]
    environs = [_environ(head.decode(), body) for head, body in requests]
    third = len(environs) // 3
    _times(app, environs[:third])  # connections, prepared statements, caches
    watch = _Watch()
    for layer, module, name in LAYERS:
        _replace(module, name, lambda function, layer=layer: watch.around(layer, function))
    return _layered(app, environs[third:], watch)


def resolve(module: str, name: str) -> tuple[Any, str]:
    """The object that holds the function, and its name there. Raises AttributeError."""
    *path, last = name.split(".")
    holder = reduce(getattr, path, import_module(module))
    getattr(holder, last)
    return holder, last


def _replace(module: str, name: str, change: Callable[[Any], Any]) -> None:
    holder, last = resolve(module, name)
    setattr(holder, last, change(getattr(holder, last)))


def _layered(app: Any, environs: list[dict[str, Any]], watch: _Watch) -> dict[str, float]:
    taken = []
    for environ in environs:
        whole = _times(app, [environ])[0]
        own = watch.take()
        taken.append({**own, REST: whole - sum(own.values()), WHOLE: whole})
    names = [*dict.fromkeys(layer for layer, _, _ in LAYERS), REST, WHOLE]
    return {name: median(times.get(name, 0.0) for times in taken) * 1e6 for name in names}


def _times(app: Any, environs: list[dict[str, Any]]) -> list[float]:
    times = []
    for environ in environs:
        statuses: list[str] = []
        began = perf_counter()
        parts = app(environ, lambda status, _headers, statuses=statuses: statuses.append(status))
        b"".join(parts)
        times.append(perf_counter() - began)
        if not statuses[0].startswith("200"):
            raise RuntimeError(f"the application answered {statuses[0]}")
    return times


def _environ(head: str, body: bytes) -> dict[str, Any]:
    (method, path, _), *lines = (line.split(" ", 2) for line in head.split("\r\n"))
    headers = {name.rstrip(":").upper().replace("-", "_"): " ".join(value) for name, *value in lines}
    special = {name: headers.pop(name) for name in ("CONTENT_TYPE", "CONTENT_LENGTH")}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **special,
        **{f"HTTP_{name}": value for name, value in headers.items()},
    }
