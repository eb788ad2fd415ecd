"""The blueprint that serves the console, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo_assign.console.routes import console_blueprint
from tests.browser.fake_service import ConsoleSettings

OSM = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"


def client(settings: ConsoleSettings, dist: Path) -> FlaskClient:
    app = Flask("console-test")
    app.register_blueprint(console_blueprint(settings, dist=dist))
    return app.test_client()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A built console of three files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>")
    (tmp_path / "assets" / "worker-abc.mjs").write_text("export {}")
    (tmp_path / "secret.txt").write_text("not for serving")
    return tmp_path


def test_the_root_leads_to_the_console(dist: Path) -> None:
    answer = client(ConsoleSettings(), dist).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")


def test_the_page_is_never_stale_and_its_assets_never_asked_again(dist: Path) -> None:
    browser = client(ConsoleSettings(), dist)
    page = browser.get("/console/")
    assert page.headers["Cache-Control"] == "no-cache, max-age=0"
    asset = browser.get("/console/assets/worker-abc.mjs")
    assert asset.mimetype == "text/javascript"
    assert "immutable" in asset.headers["Cache-Control"]
    assert "max-age=31536000" in asset.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), (None, None)],
)
def test_an_asset_goes_in_the_best_encoding_that_the_browser_reads(
    dist: Path, accepted: str | None, encoding: str | None
) -> None:
    forms = {None: b"export {}", "br": b"as brotli", "gzip": b"as gzip"}
    (dist / "assets" / "worker-abc.mjs.br").write_bytes(forms["br"])
    (dist / "assets" / "worker-abc.mjs.gz").write_bytes(forms["gzip"])
    headers = {"Accept-Encoding": accepted} if accepted else {}
    browser = client(ConsoleSettings(), dist)
    answer = browser.get("/console/assets/worker-abc.mjs", headers=headers)
    assert answer.headers.get("Content-Encoding") == encoding
    assert (answer.mimetype, answer.data) == ("text/javascript", forms[encoding])
    assert "Accept-Encoding" in answer.headers["Vary"]
    known = {**headers, "If-None-Match": answer.headers["ETag"]}
    assert browser.get("/console/assets/worker-abc.mjs", headers=known).status_code == 304
    assert browser.get("/console/assets/worker-abc.mjs.br").status_code == 404


def test_a_customers_page_tells_its_address_to_no_other_host_and_no_index(dist: Path) -> None:
    (dist / "follow.html").write_text("<!doctype html><title>Your visit</title>")
    browser = client(ConsoleSettings(), dist)
    with browser.get("/t/gac_AAAAAAAAAAAAAAAAAAAAAA_a-b_c") as page:
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for wrong in ("/t/", "/t/a/b", "/t/%3Cscript%3E", "/t/" + "a" * 300):
        assert browser.get(wrong).status_code == 404


@pytest.fixture
def app_dist(dist: Path) -> Path:
    """With the technician's app."""
    (dist / "app.html").write_text("<!doctype html><title>app</title>")
    (dist / "app-worker.js").write_text("self")
    (dist / "app.webmanifest").write_text("{}")
    (dist / "app-icons").mkdir()
    (dist / "app-icons" / "icon-192.png").write_bytes(b"png")
    return dist


@pytest.mark.parametrize(
    ("path", "mimetype"),
    [
        ("/app/", "text/html"),
        ("/app/next", "text/html"),
        ("/app/work/01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11", "text/html"),
        ("/app/worker.js", "text/javascript"),
        ("/app/manifest.webmanifest", "application/manifest+json"),
        ("/app/icons/icon-192.png", "image/png"),
    ],
)
def test_the_technicians_app_may_know_where_the_phone_is(app_dist: Path, path: str, mimetype: str) -> None:
    with client(ConsoleSettings(), app_dist).get(path) as answer:
        assert (answer.status_code, answer.mimetype) == (200, mimetype)
        assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
        assert "camera=(self)" in answer.headers["Permissions-Policy"]
        assert "microphone=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Content-Security-Policy"].endswith("manifest-src 'self'")
        assert "immutable" not in answer.headers["Cache-Control"]


def test_the_console_may_not(app_dist: Path) -> None:
    with client(ConsoleSettings(), app_dist).get("/console/") as answer:
        assert "geolocation=()" in answer.headers["Permissions-Policy"]
        assert "manifest-src" not in answer.headers["Content-Security-Policy"]
    assert client(ConsoleSettings(), app_dist).get("/app").headers["Location"] == "/app/"


@pytest.mark.parametrize(
    "path", ["icons/none.png", "icons/../app.html", "icons/%2e%2e/index.html", "work/a/b", "<b>", "Work", "x.js"]
)
def test_nothing_else_is_at_the_app(app_dist: Path, path: str) -> None:
    assert client(ConsoleSettings(), app_dist).get(f"/app/{path}").status_code == 404


@pytest.mark.parametrize("name", ["", "board", "no-such-page"])
def test_every_page_is_the_same_document(dist: Path, name: str) -> None:
    with client(ConsoleSettings(), dist).get(f"/console/{name}") as answer:
        assert (answer.status_code, "built" in answer.get_data(as_text=True)) == (200, True)


@pytest.mark.parametrize("name", ["assets/../secret.txt", "assets/%2e%2e/secret.txt", "secret.txt", "Board", "board/x"])
def test_only_assets_are_served(dist: Path, name: str) -> None:
    assert client(ConsoleSettings(), dist).get(f"/console/{name}").status_code == 404


def test_the_policy_allows_this_host_and_the_tile_server_only(dist: Path) -> None:
    answer = client(ConsoleSettings(map_tiles_url=OSM), dist).get("/console/config.json")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://tile.openstreetmap.org"
    assert policy["img-src"] == "'self' data: blob: https://tile.openstreetmap.org"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_configuration_names_tiles_and_basemap_when_there_are_any(dist: Path, tmp_path: Path) -> None:
    bare = client(ConsoleSettings(basemap_path=tmp_path / "missing.json"), dist)
    config = bare.get("/console/config.json").get_json()
    assert (config["tiles"], config["basemap_url"]) == (None, None)
    assert bare.get("/console/basemap.json").status_code == 404
    city = tmp_path / "city.json"
    city.write_text('{"type": "FeatureCollection", "features": []}')
    full = client(ConsoleSettings(map_tiles_url=OSM, map_tiles_attribution="© us", basemap_path=city), dist)
    config = full.get("/console/config.json").get_json()
    assert config["tiles"] == {"url": OSM, "attribution": "© us"}
    basemap = full.get(config["basemap_url"])
    assert basemap.get_json()["type"] == "FeatureCollection"
    basemap.close()


@pytest.mark.parametrize("step", [None, "Do this first."])
def test_the_configuration_says_what_comes_first(dist: Path, step: str | None) -> None:
    app = Flask(__name__)
    app.register_blueprint(console_blueprint(ConsoleSettings(), dist=dist, find_first_step=lambda: step))
    assert app.test_client().get("/console/config.json").get_json()["first_step"] == step


@pytest.mark.parametrize(("cookies", "has_session"), [("a=b; session=gas_x", True), ("a=b", False), (None, False)])
def test_the_configuration_says_whether_there_is_a_session(
    dist: Path, cookies: str | None, *, has_session: bool
) -> None:
    app = Flask(__name__)
    app.register_blueprint(
        console_blueprint(ConsoleSettings(), dist=dist, names_session=lambda sent: "session=" in (sent or ""))
    )
    headers = {} if cookies is None else {"Cookie": cookies}
    answer = app.test_client(use_cookies=False).get("/console/config.json", headers=headers)
    assert answer.get_json()["has_session"] == has_session
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_console_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    answer = client(ConsoleSettings(), tmp_path).get("/console/")
    assert answer.status_code == 503
    assert "npm run build" in answer.get_data(as_text=True)
