"""The README's worked example, pasted into a shell beside the demo's organization; only its address is put in."""

import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import Connection, text

from geo_assign.cli import main
from tests.cli.test_cli import runner
from tests.cli.test_first_day import served, shell
from tests.conftest import SECRET_KEY, World
from tests.docs.pages import page

__all__ = ["runner"]

_START, _TEST, *EXAMPLE = page("README.md").blocks("sh")
SHOWN = "http://127.0.0.1:8080"
# Not far from the example's customer: two streets, and two kilometres.
PLACES = [(41.0171, -29.9880), (41.0300, -29.9700)]


def send(method: str, url: str, token: str, body: object) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def put_to_work(url: str, token: str, lat: float, lon: float) -> None:
    """What the simulated phone of a technician does first."""
    send("PUT", f"{url}/v1/me/presence", token, {"on_duty": True})
    recorded_at = datetime.now(UTC).isoformat()
    ping = {"recorded_at": recorded_at, "lat": lat, "lon": lon, "accuracy_m": 8}
    send("POST", f"{url}/v1/positions", token, {"positions": [ping]})


def answers_in(printed: str) -> list[Any]:
    """The JSON documents, one behind the other."""
    found, rest = [], printed.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found


def test_the_example_goes_from_the_log_in_to_who_else_could_have_gone(
    runner: CliRunner, world: World, admin: Connection, tmp_path: Path
) -> None:
    demo = tmp_path / ".local" / "demo"
    written = runner.invoke(main, ["simulate", "--write-assets", str(demo)])
    assert written.exit_code == 0, written.output
    env = {"GEO_ASSIGN_SECRET_KEYS": SECRET_KEY}
    seeded = runner.invoke(main, ["seed", str(demo / "seed.json")], env=env)
    assert seeded.exit_code == 0, seeded.stderr
    (demo / "seeded.json").write_text(seeded.stdout)
    people = json.loads(seeded.stdout)["organizations"][0]["technicians"]
    with served(world, geocode_deadline_s=30) as url:
        for number, person in enumerate(people):
            lat, lon = PLACES[number % len(PLACES)]
            put_to_work(url, person["token"], lat, lon + number / 1e5)
        script = "\n".join(EXAMPLE)
        assert SHOWN in script
        printed = shell(script.replace(SHOWN, url), tmp_path, world, url)
    lead, accepted, verdicts, nearest = answers_in(printed)
    assert (lead["state"], lead["location"]["source"]) == ("offered", "geocoded")
    assert (accepted["id"], accepted["state"]) == (lead["offer"]["id"], "accepted")
    assert verdicts["results"][0]["verdict"] == "accepted"
    assert (len(nearest["candidates"]), nearest["excluded"][0]["reasons"] != []) == (3, True)
    assert admin.execute(text("SELECT state FROM work_orders")).scalars().all() == ["assigned"]
