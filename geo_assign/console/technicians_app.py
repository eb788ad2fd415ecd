"""Serve the technician's app: one document for all its pages, its service worker, manifest and icons.

Its files are the console's; only its document has an address of its own, so that a phone can install it and its service
worker has nothing to do with the console.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, send_file
from werkzeug.wrappers import Response as BaseResponse

APP_PATH = "/app/"
PAGE = re.compile(r"[a-z]*(/[A-Za-z0-9-]{1,64})?")
ICON = re.compile(r"[a-z0-9-]+\.(png|svg)")
# An icon is asked for when the app is installed, and when a notification is shown.
_ICON_KEPT_S = 24 * 3600


def add_technicians_app(blueprint: Blueprint, dist: Path, *, send_page: Callable[[Path], Response]) -> None:
    """`/app/…`: the technician's app. `dist` is the folder that the console's build wrote."""

    @blueprint.get("/app")
    def technicians_app_address() -> BaseResponse:
        return redirect(APP_PATH)

    @blueprint.get("/app/")
    @blueprint.get("/app/<path:page>")
    def technicians_app(page: str = "") -> Response:
        if not PAGE.fullmatch(page):
            abort(404)
        return send_page(dist / "app.html")

    @blueprint.get("/app/worker.js")
    def technicians_app_worker() -> Response:
        return _send(dist / "app-worker.js", "text/javascript", max_age_s=0)

    @blueprint.get("/app/manifest.webmanifest")
    def technicians_app_manifest() -> Response:
        return _send(dist / "app.webmanifest", "application/manifest+json", max_age_s=0)

    @blueprint.get("/app/icons/<name>")
    def technicians_app_icon(name: str) -> Response:
        if not ICON.fullmatch(name):
            abort(404)
        mimetype = "image/svg+xml" if name.endswith(".svg") else "image/png"
        return _send(dist / "app-icons" / name, mimetype, max_age_s=_ICON_KEPT_S)


def app_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The console's headers, and what the app needs besides: where the phone is, its camera, a manifest."""
    return {
        **headers,
        "Content-Security-Policy": f"{headers['Content-Security-Policy']}; manifest-src 'self'",
        "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    }


def _send(path: Path, mimetype: str, *, max_age_s: int) -> Response:
    if not path.is_file():
        abort(404)
    return send_file(path, mimetype=mimetype, max_age=max_age_s)
