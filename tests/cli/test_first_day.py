"""The page "The first day", command by command, against a real server; only the geocoder is a local stand-in."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from werkzeug.serving import make_server

from geo_assign.access.commands.password_choices import PasswordChoice, use_link
from geo_assign.access.links import LinkPurpose
from geo_assign.app import EXTENSION, create_app
from geo_assign.core.db import Database
from geo_assign.core.settings import PREFIX
from tests.conftest import SECRET_KEY, World
from tests.docs.pages import page
from tests.providers.dialects import DIALECTS, Found
from tests.providers.stub import StubServer

PAGE = page("docs/first-day.md")
START, ASKED, INIT, *STEPS = PAGE.blocks("sh")
ADMIN_PASSWORD, PHONE_PASSWORD = "seven-herons-at-noon", "a-kettle-of-hawks"
TYPED_A_MINUTE = 150
PLACE = {"lat": 38.7081, "lon": -9.1349}
_LINK = re.compile(r"https?://[^\s#]+/console/choose-password#(\S+)")


@contextmanager
def served(world: World, **chosen: object) -> Iterator[str]:
    """The API on a port of its own, for programs that are not ours."""
    app = create_app(world.settings(**chosen))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions[EXTENSION].close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the program where a checkout has it."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def shell(script: str, folder: Path, world: World, url: str, *, answers: str = "") -> str:
    """What a person sees who pastes `script`; fails the test with it when a command fails."""
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        f"{PREFIX}DATABASE_URL": world.app_url,
        f"{PREFIX}SECRET_KEYS": SECRET_KEY,
        f"{PREFIX}PUBLIC_URL": url,
        f"{PREFIX}OUTBOUND_ALLOW": "127.0.0.0/8:*",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        input=answers,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def choose_passwords(database: Database, printed: str) -> None:
    """Open both links, as the people do who were sent them."""
    administrator, technician = _LINK.findall(printed)
    for token, password in ((administrator, ADMIN_PASSWORD), (technician, PHONE_PASSWORD)):
        choice = PasswordChoice(token=token, password=password)
        use_link(database, LinkPurpose.INVITATION, choice, then=lambda _tx, _user, _caller: None)


def states(admin: Connection) -> list[str]:
    return list(admin.execute(text("SELECT state FROM work_orders")).scalars())


def test_the_page_leads_to_an_offer_that_is_accepted(
    world: World, database: Database, admin: Connection, checkout: Path
) -> None:
    assert START.strip() == "./scripts/run --no-demo"
    opencage = next(one for one in DIALECTS if one.provider == "opencage")
    with served(world) as url, StubServer(behaviour=opencage.found(Found("12", **PLACE))) as provider:
        choose_passwords(database, shell(INIT, checkout, world, url))
        put_in = {
            "http://127.0.0.1:8080": url,
            "the password that you chose": ADMIN_PASSWORD,
            "the password that the technician chose": PHONE_PASSWORD,
            '"provider": "opencage"': f'"provider": "opencage", "url": "{provider.url}"',
        }
        script = "\n".join(STEPS)
        for written, real in put_in.items():
            assert written in script, written
            script = script.replace(written, real)
        printed = shell(script, checkout, world, url)
    assert '"state": "offered"' in printed
    assert states(admin) == ["assigned"]
    assert "the key from your provider" in {request.query.get("key") for request in provider.requests}


def test_what_init_prints_leads_to_an_offer_in_under_five_minutes_of_typing(
    world: World, database: Database, admin: Connection, checkout: Path
) -> None:
    """Nothing but what the screen says: the commands are pasted with the password put in."""
    answers = "Alder Repairs\nEurope/Lisbon\nHarbour\n38.7071, -9.1355\nada@alder.example\nmira@alder.example\n\n"
    chosen = 2 * (ADMIN_PASSWORD + PHONE_PASSWORD)
    typed = START + ASKED + answers + chosen + PHONE_PASSWORD
    assert len(typed) < 5 * TYPED_A_MINUTE
    with served(world) as url:
        printed = shell(ASKED, checkout, world, url, answers=answers)
        choose_passwords(database, printed)
        pasted = [line.strip() for line in printed.splitlines() if re.match(r"   (curl|[A-Z]+=\$\()", line)]
        assert len(pasted) == 4
        assert "\n".join(pasted).count("PASSWORD") == 1
        told = shell("\n".join(pasted).replace("PASSWORD", PHONE_PASSWORD), checkout, world, url)
    assert '"state":"offered"' in told
    assert states(admin) == ["offered"]


def test_without_a_technician_the_commands_make_one(
    world: World, database: Database, admin: Connection, checkout: Path
) -> None:
    asked = 'Birch\'s "Shop"\nEurope/Lisbon\nHarbour\n38.7071, -9.1355\nada@birch.example\n\n\n'
    with served(world) as url:
        printed = shell(ASKED, checkout, world, url, answers=asked)
        (token,) = _LINK.findall(printed)
        choice = PasswordChoice(token=token, password=ADMIN_PASSWORD)
        use_link(database, LinkPurpose.INVITATION, choice, then=lambda _tx, _user, _caller: None)
        pasted = [line.strip() for line in printed.splitlines() if re.match(r"   (curl|[A-Z]+=\$\()", line)]
        answers = shell("\n".join(pasted).replace("PASSWORD", ADMIN_PASSWORD), checkout, world, url)
    assert '"state":"offered"' in answers
    assert states(admin) == ["offered"]
