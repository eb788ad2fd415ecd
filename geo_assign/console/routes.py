"""Serve the built console, its configuration and the map's own basemap, under one strict policy.

The pages talk to `/v1` like any other client. Of the database nothing is read here but whether it has an organization,
which the page for the log-in tells.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, request, send_file
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as BaseResponse

from geo_assign.console.technicians_app import APP_PATH, add_technicians_app, app_headers

DIST = Path(__file__).parent / "dist"
A_YEAR_S = 365 * 24 * 3600
# One document serves every page: it finds the page by its name, and says so where there is none.
PAGE_NAME = re.compile(r"[a-z-]*")
# A customer's address is the secret: no other host is told it, and no index.
UNTOLD = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
# The best first; and what the build appends to a file's name for it.
ENCODINGS = {"br": ".br", "gzip": ".gz"}
# A script of ours in the pages of others: any site may load it, and asks for it again after a while.
FOREIGN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
WIDGET_FRESH_S = 300
PUBLISHABLE_KEY = re.compile(r"gpk_[A-Za-z0-9_-]{1,200}")
LINK_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>geo-assign: the console is not built</title>
<h1>The console is not built yet</h1>
<p>The service is running, but the pages of its web console are missing. Build them once with</p>
<pre>cd geo_assign/console/web
npm ci
npm run build</pre>
<p>or start the service with <code>./scripts/run</code>, which does it. The API is not affected.</p>
</html>
"""


class ConsoleSettings(Protocol):
    """What the console reads of the service's settings."""

    @property
    def map_tiles_url(self) -> str:
        """Raster tile template with {z}, {x} and {y}; empty for none."""

    @property
    def map_tiles_attribution(self) -> str:
        """Plain text shown on the map while tiles are drawn."""

    @property
    def basemap_path(self) -> Path | None:
        """A GeoJSON file drawn under everything, or None."""


@dataclass(frozen=True)
class Tiles:
    """The raster tiles a page may load: their template, and the origin its policy must allow."""

    url: str
    attribution: str

    @property
    def origin(self) -> str | None:
        """`scheme://host[:port]`, or None for tiles served by this host."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def console_blueprint(
    settings: ConsoleSettings,
    *,
    dist: Path = DIST,
    find_first_step: Callable[[], str | None] = lambda: None,
    names_session: Callable[[str | None], bool] = lambda _cookies: True,
) -> Blueprint:
    """A blueprint serving `/` and `/console/…`; `dist` is the folder that the build wrote.

    `find_first_step` has words for a service that no user can log in to yet. `names_session`: whether a Cookie header
    has a session in it. Where a page hears that there is none, it does not ask who is logged in.
    """
    blueprint = Blueprint("console", __name__)
    tiles = find_tiles(settings)
    headers = page_headers(tiles)

    @blueprint.get("/")
    def root() -> BaseResponse:
        return redirect("/console/")

    @blueprint.get("/console/")
    @blueprint.get("/console/<page>")
    def index(page: str = "") -> Response:
        if not PAGE_NAME.fullmatch(page):
            abort(404)
        return send_page(dist / "index.html")

    @blueprint.get("/console/assets/<path:name>")
    def asset(name: str) -> Response:
        return send_asset(dist / "assets", name)

    @blueprint.get("/console/config.json")
    def config() -> Response:
        has_session = names_session(request.headers.get("Cookie"))
        told = {"first_step": find_first_step(), "has_session": has_session}
        answer = jsonify(console_config(settings, tiles) | told)
        answer.cache_control.no_store = True
        return answer

    @blueprint.get("/console/basemap.json")
    def basemap() -> Response:
        path = find_basemap(settings)
        if path is None:
            abort(404)
        return send_file(path, mimetype="application/geo+json", max_age=300)

    add_customers_page(blueprint, dist)
    add_booking_page(blueprint, dist / "widget")
    add_technicians_app(blueprint, dist, send_page=send_page)

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(app_headers(headers) if request.path.startswith(APP_PATH) else headers)
        if request.path.startswith("/t/"):
            response.headers.update(UNTOLD)
        return response

    return blueprint


def find_tiles(settings: ConsoleSettings) -> Tiles | None:
    """The configured tiles, or None when the setting is empty."""
    url = settings.map_tiles_url.strip()
    return Tiles(url=url, attribution=settings.map_tiles_attribution) if url else None


def find_basemap(settings: ConsoleSettings) -> Path | None:
    """The configured basemap if it is there."""
    path = Path(settings.basemap_path).resolve() if settings.basemap_path else None
    return path if path is not None and path.is_file() else None


def console_config(settings: ConsoleSettings, tiles: Tiles | None) -> dict[str, object]:
    """What a page must know before a log-in; nothing in it is secret."""
    return {
        "tiles": {"url": tiles.url, "attribution": tiles.attribution} if tiles else None,
        "basemap_url": "/console/basemap.json" if find_basemap(settings) else None,
        "version": installed_version(),
    }


def installed_version() -> str:
    """The distribution's version, or `0` when it runs from a bare source tree."""
    try:
        return version("geo-assign")
    except PackageNotFoundError:
        return "0"


def add_customers_page(blueprint: Blueprint, dist: Path) -> None:
    """`/t/…`: a customer follows the own work order. The page asks the API what the link shows."""

    @blueprint.get("/t/<token>")
    def follow(token: str) -> Response:
        if not LINK_TOKEN.fullmatch(token):
            abort(404)
        return send_page(dist / "follow.html")


def add_booking_page(blueprint: Blueprint, dist: Path) -> None:
    """`/widget.js` for the pages of others, and `/widget/…`: a page of our own with the widget of one key."""

    @blueprint.get("/widget.js")
    def widget_script() -> Response:
        path = dist / "widget.js"
        if not path.is_file():
            abort(404)
        response = send_built(path, "text/javascript")
        response.cache_control.max_age = WIDGET_FRESH_S
        response.headers.update(FOREIGN)
        return response

    @blueprint.get("/widget/<key>")
    def booking_page(key: str) -> Response:
        if not PUBLISHABLE_KEY.fullmatch(key):
            abort(404)
        return send_page(dist / "page.html")


def send_page(path: Path) -> Response:
    """A built page, or how to build it."""
    if not path.is_file():
        return Response(NOT_BUILT, status=503, mimetype="text/html")
    response = send_built(path, "text/html")
    response.cache_control.no_cache = True
    response.cache_control.max_age = 0
    return response


def send_asset(folder: Path, name: str) -> Response:
    """A built file; its name carries its hash, so a browser may keep it for good."""
    path = safe_join(str(folder), name)
    if path is None or not Path(path).is_file() or name.endswith(tuple(ENCODINGS.values())):
        abort(404)
    response = send_built(Path(path), type_of(name))
    response.cache_control.max_age = A_YEAR_S
    response.cache_control.immutable = True
    return response


def type_of(name: str) -> str:
    """The media type of a built file. Python's table depends on the machine and may not know .mjs."""
    if name.endswith((".mjs", ".js")):
        return "text/javascript"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def send_built(path: Path, mimetype: str) -> Response:
    """A file of the build, in the smallest encoding that the build wrote beside it and the browser reads."""
    accepted = request.accept_encodings
    encodings = (encoding for encoding in ENCODINGS if accepted.quality(encoding) > 0)
    encoding = next((each for each in encodings if encoded(path, each).is_file()), None)
    data = (encoded(path, encoding) if encoding else path).read_bytes()
    response = Response(data, mimetype=mimetype)
    response.vary.add("Accept-Encoding")
    if encoding:
        response.content_encoding = encoding
    response.add_etag()
    response.make_conditional(request)
    return response


def encoded(path: Path, encoding: str) -> Path:
    """Where the build puts a file's compressed form."""
    return path.with_name(path.name + ENCODINGS[encoding])


def page_headers(tiles: Tiles | None) -> dict[str, str]:
    """The headers of every answer of the console."""
    return {
        "Content-Security-Policy": content_security_policy(tiles.origin if tiles else None),
        "X-Content-Type-Options": "nosniff",
        # The tile server's usage rules ask for a referrer; the path stays ours.
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def content_security_policy(tile_origin: str | None) -> str:
    """Everything from this host only; map images also from the tile server."""
    elsewhere = f" {tile_origin}" if tile_origin else ""
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "worker-src": "'self'",
        "connect-src": f"'self'{elsewhere}",
        "img-src": f"'self' data: blob:{elsewhere}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
