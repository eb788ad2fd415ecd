import json

import pytest
from click.testing import CliRunner

from geo_assign.core.settings import Settings
from geo_assign.simulate.command import default_url, get_seeded_organization, simulate
from tests.simulate.service import FakeService, served


@pytest.fixture
def assets(tmp_path):
    result = CliRunner().invoke(simulate, ["--write-assets", str(tmp_path / "demo"), "--technicians", "5"])
    assert result.exit_code == 0, result.output
    return tmp_path / "demo"


def seeded(assets):
    """Print what `geo-assign seed` would."""
    tree = json.loads((assets / "seed.json").read_text())
    organization = tree["organizations"][0]
    for entry in [
        *organization["stores"],
        *organization["groups"],
        *organization["technicians"],
        *organization["users"],
    ]:
        entry |= {"id": f"id of {entry['name']}", "token": f"token of {entry['name']}"}
    organization["api_keys"][0]["key"] = "key"
    (assets / "seeded.json").write_text(json.dumps(tree))
    return assets / "seeded.json"


def test_the_assets_are_written(assets):
    assert {file.name for file in assets.iterdir()} == {"basemap.json", "gazetteer.csv", "seed.json", "demo.json"}
    organization = json.loads((assets / "seed.json").read_text())["organizations"][0]
    assert len(organization["technicians"]) == 5
    assert organization["stores"][0]["map_key"]["url"] == str(assets / "gazetteer.csv")
    assert json.loads((assets / "demo.json").read_text())["logins"]


def test_it_runs_for_the_duration_against_the_service(assets):
    service = FakeService()
    with served(service) as url:
        arguments = ["--seeded", str(seeded(assets)), "--url", url, "--duration", "1.2", "--technicians", "3"]
        result = CliRunner().invoke(simulate, arguments)
    assert result.exit_code == 0, result.output
    assert service.complaints == []
    assert 1 <= len(service.positions) <= 3
    assert url in result.stderr


def test_without_the_seeded_file_it_says_what_to_do(tmp_path):
    result = CliRunner().invoke(simulate, ["--seeded", str(tmp_path / "seeded.json")])
    assert result.exit_code == 2
    assert "three steps" in result.stderr


def test_an_organization_that_is_not_there_is_a_usage_error(assets):
    file = seeded(assets)
    assert get_seeded_organization(file, "demo")["slug"] == "demo"
    result = CliRunner().invoke(simulate, ["--seeded", str(file), "--organization", "other"])
    assert result.exit_code == 2
    assert "other" in result.stderr


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:81"), ("0.0.0.0", "http://127.0.0.1:81"), ("::1", "http://[::1]:81")],  # noqa: S104
)
def test_the_configured_service_is_the_default(host, url):
    assert default_url(Settings(host=host, port=81, _env_file=None)) == url


def test_the_help_tells_the_three_steps():
    text = CliRunner().invoke(simulate, ["--help"]).output
    assert "geo-assign seed .local/demo/seed.json > .local/demo/seeded.json" in text
