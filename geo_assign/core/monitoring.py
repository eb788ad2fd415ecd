"""A small HTTP server for a process without an API: whether it lives, and what it counts. It reads no database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST

from geo_assign.core.telemetry import exposition, get_logger

_READ_WITHIN_S = 5.0
_log = get_logger()


class _Handler(BaseHTTPRequestHandler):
    """Answers `GET /metrics` and `GET /health/live`."""

    timeout = _READ_WITHIN_S
    is_alive: Callable[[], bool]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, exposition())
        elif path == "/health/live":
            alive = type(self).is_alive()
            body = b'{"status":"ok"}' if alive else b'{"status":"unavailable"}'
            self._answer(200 if alive else 503, "application/json", body)
        else:
            self._answer(404, "text/plain; charset=utf-8", b"There are /metrics and /health/live.\n")

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Probes are no news."""


@contextmanager
def monitored(host: str, port: int, is_alive: Callable[[], bool]) -> Iterator[int | None]:
    """Answer probes and scrapes meanwhile, on `port` (0: none). Gives the port, or None.

    A port that cannot be had is logged and stops nothing: the work matters more than its figures.
    """
    if port == 0:
        yield None
        return
    try:
        server = _Server((host, port), type("Handler", (_Handler,), {"is_alive": staticmethod(is_alive)}))
    except OSError as error:
        _log.warning("metrics_port_not_available", port=port, error=str(error.strerror))
        yield None
        return
    threading.Thread(target=server.serve_forever, name="monitoring", daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
