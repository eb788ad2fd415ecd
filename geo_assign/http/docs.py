"""The documentation pages. They work offline: everything comes from this host, and without the built console too."""

import base64
import gzip
import hashlib
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path

import orjson
from flask import Blueprint, Response, redirect, render_template, request, send_from_directory
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as BaseResponse

from geo_assign.core.errors import Family, GeoAssignError
from geo_assign.http.problems import documented_errors, status_of
from geo_assign.http.reference import groups_of, shapes_of

Json = Mapping[str, object]
_ADVICE: Mapping[Family, str] = {
    Family.INVALID: "Change the request.",
    Family.UNAUTHENTICATED: "Log in again, or send a valid token.",
    Family.FORBIDDEN: "Ask an administrator for the right, or have a colleague with it do it.",
    Family.NOT_FOUND: "It is absent, or outside of what you may see.",
    Family.CONFLICT: "Look at the present state; then decide again.",
    Family.GONE: "It is over; do not try again.",
    Family.STALE: "Read it again, and repeat the change if it still makes sense.",
    Family.VERSION_REQUIRED: "Read it first, and send its ETag in If-Match.",
    Family.TOO_MANY: "Wait as long as Retry-After says.",
    Family.UNAVAILABLE: "Try again after what Retry-After says; with an Idempotency-Key nothing happens twice.",
}
_STYLE = (Path(__file__).parent / "templates" / "docs.css").read_text()
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": f"'self' 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def docs_blueprint(document: Callable[[], bytes], *, version: str, swagger: Path) -> Blueprint:
    """`/openapi.json`, `/docs`, and pages that need no script. `swagger`: where the console's build put Swagger UI."""
    blueprint = Blueprint("docs", __name__, template_folder="templates")
    filters: Mapping[str, Callable[..., object]] = {"anchor": _anchor, "marked": _marked, "linked": _linked}
    for name, convert in filters.items():
        blueprint.add_app_template_filter(convert, name)
    read = cache(document)
    represented = cache(partial(_represented, read))

    def page(template: str, **values: object) -> str:
        built = (swagger / "index.html").is_file()
        return render_template(template, style=Markup(_STYLE), version=version, swagger=built, **values)  # noqa: S704

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        zipped = request.accept_encodings.quality("gzip") > 0
        data, headers = represented(zipped=zipped)
        response = Response(data, content_type="application/json", headers=headers)
        response.cache_control.no_cache = True
        response.make_conditional(request)
        return response

    @blueprint.get("/docs")
    def docs() -> BaseResponse:
        if not (swagger / "index.html").is_file():
            return redirect("/docs/reference")
        return send_from_directory(swagger, "index.html", max_age=0)

    @blueprint.get("/docs/assets/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(swagger, name, max_age=3600)

    @blueprint.get("/docs/reference")
    def reference() -> str:
        spec = orjson.loads(read())
        introduction = spec["info"]["description"].split("\n\n")
        return page(
            "reference.html",
            page="reference",
            title="API",
            introduction=introduction,
            groups=groups_of(spec),
            shapes=shapes_of(spec),
        )

    @blueprint.get("/docs/problems")
    def problems() -> str:
        return page("problems.html", page="problems", title="Problems", problems=list(_problems()))

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    return blueprint


def _represented(read: Callable[[], bytes], *, zipped: bool) -> tuple[bytes, Mapping[str, str]]:
    """The document in one encoding, with its headers: each encoding needs an entity tag of its own."""
    data = read()
    tag = hashlib.sha256(data).hexdigest()[:16]
    if not zipped:
        return data, {"Vary": "Accept-Encoding", "ETag": f'"{tag}"'}
    headers = {"Vary": "Accept-Encoding", "ETag": f'"{tag}-gzip"', "Content-Encoding": "gzip"}
    return gzip.compress(data, mtime=0), headers


def _problems() -> Iterator[Json]:
    for error in documented_errors():
        yield {
            "code": error.code,
            "status": f"{status_of(error)} {HTTPStatus(status_of(error)).phrase}",
            "title": error.title(),
            "more": _more(error),
            "advice": _ADVICE[error.family],
        }


def _more(error: type[GeoAssignError]) -> str:
    return " ".join(inspect.cleandoc(error.__doc__ or "").partition("\n")[2].split())


def _marked(text: str) -> Markup:
    """Plain text with `code` and [links](to) of this host."""
    escaped = str(escape(text))
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return Markup(re.sub(r"\[([^]]+)\]\((/[^)\s]*)\)", r'<a href="\2">\1</a>', escaped))  # noqa: S704 - escaped above


def _linked(text: str, shapes: Collection[str]) -> Markup:
    """A type with its shapes as links."""
    words = re.split(r"(\W+)", text)
    link = Markup('<a href="#shape-{0}">{0}</a>')
    return Markup("").join(link.format(word) if word in shapes else word for word in words)


def _anchor(text: str) -> str:
    return text.lower().replace(" ", "-")
