"""The command line: what it prints, where, and how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from pydantic import SecretStr

from geo_assign import __version__
from geo_assign.cli import main
from geo_assign.core.settings import Settings
from geo_assign.seed.command import ENTRIES
from tests.access.api import SEED
from tests.conftest import World


@pytest.fixture
def runner(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """Runs commands against this test's database, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    settings = {
        "DATABASE_URL": world.app_url,
        "WORKER_DATABASE_URL": world.worker_url,
        "ADMIN_DATABASE_URL": world.admin_url,
        "SECRET_KEYS": Fernet.generate_key().decode(),
        "ALLOW_UNSAFE_DATABASE": "true",
    }
    return CliRunner(env={f"GEO_ASSIGN_{name}": value for name, value in settings.items()})


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(SEED))
    return path


def test_help_names_every_command(runner: CliRunner) -> None:
    result = runner.invoke(main, ["--help"])
    assert result.exit_code == 0
    for name in ("db", "doctor", "replay", "secrets", "seed", "serve", "simulate", "worker"):
        assert f"  {name} " in result.stdout


def test_version(runner: CliRunner) -> None:
    assert __version__ in runner.invoke(main, ["--version"]).stdout


def test_seed_prints_one_json_document_and_nothing_else(runner: CliRunner, seed_file: Path) -> None:
    result = runner.invoke(main, ["seed", str(seed_file)])
    assert result.exit_code == 0, result.stderr
    tree = json.loads(result.stdout)
    assert tree["organizations"][0]["technicians"][0]["token"].startswith("gas_")
    assert result.stderr == ""


def test_seed_prints_an_example_that_it_loads(runner: CliRunner) -> None:
    example = runner.invoke(main, ["seed", "--example"])
    assert example.exit_code == 0, example.stderr
    loaded = runner.invoke(main, ["seed", "-"], input=example.stdout)
    assert loaded.exit_code == 0, loaded.stderr
    assert (
        json.loads(loaded.stdout)["organizations"][0]["slug"] == json.loads(example.stdout)["organizations"][0]["slug"]
    )


def test_the_help_of_seed_names_every_member(runner: CliRunner) -> None:
    told = runner.invoke(main, ["seed", "--help"]).stdout
    for entry in ENTRIES.values():
        for name in entry.model_fields:
            assert name in told


@pytest.mark.parametrize("arguments", [[], ["--example", "seed.json"]])
def test_seed_wants_a_file_or_the_example(runner: CliRunner, seed_file: Path, arguments: list[str]) -> None:
    assert seed_file.name == "seed.json"
    assert runner.invoke(main, ["seed", *arguments]).exit_code == 2


def test_seed_reads_standard_input(runner: CliRunner) -> None:
    result = runner.invoke(main, ["seed", "-"], input=json.dumps(SEED))
    assert json.loads(result.stdout)["organizations"][0]["slug"] == "acme"


def test_a_bad_seed_file_is_told_with_its_places(runner: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"organizations": [{"slug": "A B", "name": ""}]}')
    result = runner.invoke(main, ["seed", str(path)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "/organizations/0/slug" in result.stderr
    assert "/organizations/0/name" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_is_a_usage_error(runner: CliRunner) -> None:
    assert runner.invoke(main, ["seed", "no-such-file.json"]).exit_code == 2


def test_the_schema_is_brought_up_to_date_again_without_harm(runner: CliRunner) -> None:
    assert runner.invoke(main, ["db", "upgrade"]).exit_code == 0
    current = runner.invoke(main, ["db", "current"]).stdout
    revision, _, newest = current.strip().partition(" ")
    assert newest == f"(newest: {revision})"


def test_migrations_ask_for_the_owner(runner: CliRunner) -> None:
    result = runner.invoke(main, ["db", "upgrade"], env={"GEO_ASSIGN_ADMIN_DATABASE_URL": None})
    assert result.exit_code == 1
    assert "GEO_ASSIGN_ADMIN_DATABASE_URL" in result.stderr


def test_the_worker_asks_for_its_role(runner: CliRunner) -> None:
    result = runner.invoke(main, ["worker"], env={"GEO_ASSIGN_WORKER_DATABASE_URL": None})
    assert result.exit_code == 1
    assert "GEO_ASSIGN_WORKER_DATABASE_URL" in result.stderr


def test_a_new_secret_key_is_one(runner: CliRunner) -> None:
    Fernet(runner.invoke(main, ["secrets", "new"]).stdout.strip())


def test_a_misspelt_setting_is_warned_about(runner: CliRunner) -> None:
    result = runner.invoke(main, ["secrets", "new"], env={"GEO_ASSIGN_FRESHNES_S": "1"})
    assert result.exit_code == 0
    assert "GEO_ASSIGN_FRESHNES_S" in result.stderr


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"GEO_ASSIGN_PORT": "many"}, "GEO_ASSIGN_PORT"),
        ({"GEO_ASSIGN_ADMIN_DATABASE_URL": "not a url"}, "database URL"),
        ({"GEO_ASSIGN_ADMIN_DATABASE_URL": "postgresql://unknown:secret@127.0.0.1:1/none"}, "database refused"),
    ],
)
def test_trouble_is_told_in_a_line_without_secrets(runner: CliRunner, changes: dict[str, str], told: str) -> None:
    result = runner.invoke(main, ["db", "current"], env=changes)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


def test_settings_are_read_from_the_local_file(runner: CliRunner, world: World, tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "geo-assign.env").write_text(f"GEO_ASSIGN_ADMIN_DATABASE_URL={world.admin_url}\n")
    result = runner.invoke(main, ["db", "current"], env={"GEO_ASSIGN_ADMIN_DATABASE_URL": None})
    assert result.exit_code == 0, result.stderr


def test_the_installed_command_runs_and_help_imports_little() -> None:
    code = "import sys; from geo_assign.cli import main; main(['--help'], standalone_mode=False); "
    code += "assert not {'sqlalchemy', 'flask', 'scipy', 'granian'} & set(sys.modules), sorted(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Commands:" in done.stdout


def test_push_keys_prints_a_setting_that_is_taken(runner: CliRunner) -> None:
    printed = runner.invoke(main, ["push-keys"]).stdout
    name, _, key = printed.splitlines()[0].partition("=")
    assert name == "GEO_ASSIGN_VAPID_PRIVATE_KEY"
    keys = Settings(_env_file=None, vapid_private_key=SecretStr(key)).vapid_keys  # type: ignore[call-arg]
    assert keys is not None
    assert keys.public_key in printed
    assert runner.invoke(main, ["push-keys"]).stdout != printed


@pytest.mark.parametrize("key", ["short", "x" * 44, "A" * 43, "-----BEGIN PRIVATE KEY-----"])
def test_a_push_key_that_is_none_is_named_and_not_shown(runner: CliRunner, key: str) -> None:
    result = runner.invoke(main, ["worker"], env={"GEO_ASSIGN_VAPID_PRIVATE_KEY": key})
    assert result.exit_code == 1
    assert "GEO_ASSIGN_VAPID_PRIVATE_KEY: " in result.stderr
    assert key not in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SECRET_KEYS", "not-a-key", "GEO_ASSIGN_SECRET_KEYS: key 1 is no Fernet key."),
        ("SECRET_KEYS", f"{'A' * 43}=,abc=", "GEO_ASSIGN_SECRET_KEYS: key 2 is no Fernet key."),
        ("OUTBOUND_ALLOW", "10.0.0.0/8", "GEO_ASSIGN_OUTBOUND_ALLOW: '10.0.0.0/8' is not CIDR:port"),
        ("OUTBOUND_ALLOW", "127.0.0.1:99999", "GEO_ASSIGN_OUTBOUND_ALLOW: "),
        ("DATABASE_URL", "nonsense", "A database URL cannot be read"),
        ("PUBLIC_URL", "ftp://x", "GEO_ASSIGN_PUBLIC_URL: it begins with http:// or https://"),
        ("TRUSTED_PROXIES", "rubbish", "GEO_ASSIGN_TRUSTED_PROXIES: 'rubbish' does not appear"),
    ],
)
@pytest.mark.parametrize("command", [["serve"], ["worker"]])
def test_a_process_that_a_setting_keeps_from_starting_says_which(
    runner: CliRunner, command: list[str], name: str, value: str, told: str
) -> None:
    refused = runner.invoke(main, command, env={f"GEO_ASSIGN_{name}": value})
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"Error: {told}")
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("command", [["seed", "-"], ["secrets", "rotate", "--all"]])
def test_a_command_that_needs_a_key_says_which_is_none(runner: CliRunner, command: list[str]) -> None:
    refused = runner.invoke(main, command, input=json.dumps(SEED), env={"GEO_ASSIGN_SECRET_KEYS": "secret-of-mine"})
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: GEO_ASSIGN_SECRET_KEYS: key 1 is no Fernet key.")
    assert "secret-of-mine" not in refused.output


def test_rotating_without_a_key_says_that_there_is_none(runner: CliRunner) -> None:
    refused = runner.invoke(main, ["secrets", "rotate", "--all"], env={"GEO_ASSIGN_SECRET_KEYS": ""})
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "GEO_ASSIGN_SECRET_KEYS is not set" in refused.stderr


def test_a_file_that_cannot_be_written_is_named_in_words(runner: CliRunner, seed_file: Path) -> None:
    runner.invoke(main, ["seed", str(seed_file)])
    refused = runner.invoke(main, ["organizations", "export", "acme", "nowhere/acme.zip"])
    assert refused.stderr == "Error: nowhere/acme.zip.part: No such file or directory\n"
