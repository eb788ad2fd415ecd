"""`geo-assign users`: what the operator does for a user who is locked out."""

import json
from collections.abc import Sequence

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text

from geo_assign.cli import main
from tests.access.api import SEED
from tests.cli.test_cli import runner
from tests.conftest import World

__all__ = ["runner"]


@pytest.fixture
def acme(runner: CliRunner) -> CliRunner:
    """The commands, over the organization `acme`."""
    seeded = runner.invoke(main, ["seed", "-"], input=json.dumps(SEED))
    assert seeded.exit_code == 0, seeded.stderr
    return runner


def users(runner: CliRunner, *arguments: str, env: dict[str, str | None] | None = None) -> Result:
    return runner.invoke(main, ["users", *arguments], env=env)


def listed(runner: CliRunner) -> dict[str, dict[str, object]]:
    told = users(runner, "list", "acme", "--json")
    return {user["email"]: user for user in json.loads(told.stdout)}


def test_users_are_listed(acme: CliRunner) -> None:
    assert set(listed(acme)) >= {"root@acme.example", "centre@acme.example", "desk@acme.example", "ana@acme.example"}
    told = users(acme, "list", "acme").stdout
    assert "desk@acme.example" in told
    assert "dispatcher" in told


@pytest.mark.parametrize("role", ["administrator", "store_administrator", "dispatcher"])
def test_a_user_is_created_with_a_link(acme: CliRunner, role: str) -> None:
    done = users(acme, "create", "acme", "eva@acme.example", "--name", "Eva Reed", "--role", role)
    assert done.exit_code == 0, done.stderr
    assert "/console/choose-password#gal_" in done.stdout
    assert listed(acme)["eva@acme.example"]["role"] == role


def test_a_link_is_printed_though_there_is_a_mail_server(acme: CliRunner, admin: Connection) -> None:
    mail: dict[str, str | None] = {
        "GEO_ASSIGN_SMTP_HOST": "127.0.0.1",
        "GEO_ASSIGN_PUBLIC_URL": "https://desk.example.test",
    }
    done = users(acme, "reset-password", "acme", "ROOT@acme.example", env=mail)
    assert "https://desk.example.test/console/choose-password#gal_" in done.stdout
    assert admin.execute(text("SELECT count(*) FROM mails")).scalar_one() == 0


def test_the_owners_log_in_does_as_well(acme: CliRunner) -> None:
    done = users(acme, "reset-password", "acme", "root@acme.example", env={"GEO_ASSIGN_DATABASE_URL": None})
    assert done.exit_code == 0, done.stderr
    assert "#gal_" in done.stdout


def test_a_user_is_deactivated_and_unlocked(acme: CliRunner) -> None:
    assert users(acme, "deactivate", "acme", "desk@acme.example").exit_code == 0
    assert not listed(acme)["desk@acme.example"]["active"]
    refused = users(acme, "reset-password", "acme", "desk@acme.example")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "activated" in users(acme, "unlock", "acme", "desk@acme.example").stdout
    assert listed(acme)["desk@acme.example"]["active"]
    assert "active already" in users(acme, "unlock", "acme", "desk@acme.example", "--second-factor").stdout


def test_sessions_are_ended(acme: CliRunner, admin: Connection) -> None:
    assert users(acme, "end-sessions", "acme", "desk@acme.example").exit_code == 0
    open_ones = admin.execute(
        text(
            "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id "
            "WHERE u.email = 'desk@acme.example' AND s.ended_at IS NULL"
        )
    )
    assert open_ones.scalar_one() == 0


def test_everything_is_in_the_audit_trail(acme: CliRunner, admin: Connection) -> None:
    users(acme, "create", "acme", "eva@acme.example")
    users(acme, "reset-password", "acme", "desk@acme.example")
    users(acme, "end-sessions", "acme", "desk@acme.example")
    users(acme, "deactivate", "acme", "desk@acme.example")
    done = admin.execute(text("SELECT action FROM audit_entries WHERE actor_kind = 'system' ORDER BY at")).scalars()
    assert list(done)[-5:] == [
        "user.created",
        "invitation.created",
        "password_reset.created",
        "user.sessions_ended",
        "user.changed",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["list", "nowhere"], "no organization 'nowhere'"),
        (["reset-password", "acme", "unknown@acme.example"], "no user 'unknown@acme.example'"),
        (["create", "acme", "desk@acme.example"], "has this e-mail address"),
        (["deactivate", "acme", "root@acme.example"], "at least one active administrator"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(acme: CliRunner, arguments: Sequence[str], told: str) -> None:
    refused = users(acme, *arguments)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", ["create", "reset-password", "unlock", "deactivate", "end-sessions", "list"])
def test_no_command_takes_a_password(runner: CliRunner, world: World, command: str) -> None:
    del world
    told = users(runner, command, "--help").stdout
    assert "--password" not in told
    assert users(runner, command, "acme", "a@acme.example", "--password", "five quiet herons").exit_code == 2


@pytest.mark.parametrize(
    "typed",
    [
        *("eva @acme.example", "eva", "eva@", "@acme.example", "eva@acme", "eva@@acme.example", "", " "),
        *("eva@acme.example.", "Eva <eva@acme.example>", "eva@acme.example,bo@acme.example", "eva;bo@acme.example"),
        "eva@acme.example\nBcc: x@y.z",
    ],
)
def test_what_is_no_address_makes_no_user(acme: CliRunner, typed: str) -> None:
    before = listed(acme)
    refused = users(acme, "create", "acme", typed)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: Write one e-mail address, such as ana@example.com.\n"
    assert listed(acme) == before


def test_blanks_around_an_address_are_no_part_of_it(acme: CliRunner) -> None:
    assert users(acme, "create", "acme", "  eva@acme.example\n", "--name", " Eva Reed ").exit_code == 0
    assert listed(acme)["eva@acme.example"]["name"] == "Eva Reed"
    assert "has this e-mail address" in users(acme, "create", "acme", " EVA@acme.example ").stderr
    assert "eva@acme.example is deactivated" in users(acme, "deactivate", "acme", " eva@acme.example ").stdout
    assert users(acme, "create", "acme", "bo@acme.example", "--name", "  ").exit_code == 0
    assert listed(acme)["bo@acme.example"]["name"] == "bo"
