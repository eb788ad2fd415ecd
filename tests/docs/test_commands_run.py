"""The commands of `geo-assign` on these pages, run in their order as they stand."""

import csv
import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text

from geo_assign.cli import main
from tests.access.api import SEED
from tests.cli.test_cli import runner
from tests.docs.pages import page
from tests.docs.test_commands import commands

__all__ = ["runner"]

OURS = "geo-assign "
STORES = [{"slug": "quay", "name": "Quay", "timezone": "Europe/Lisbon", "lat": "38.7071", "lon": "-9.1355"}]
TECHNICIANS = [{"slug": "tess", "name": "Tess Example", "store": "quay"}]
LEADS = [{"external_id": "1041", "store": "quay", "customer_name": "Invented Customer", "address": "12 Quay Lane"}]


@pytest.fixture
def acme(runner: CliRunner) -> CliRunner:
    """The commands, in a folder of their own, over the organization `acme`."""
    seeded = runner.invoke(main, ["seed", "-"], input=json.dumps(SEED))
    assert seeded.exit_code == 0, seeded.stderr
    return runner


def commands_of(name: str) -> list[str]:
    found = [one for block in page(name).blocks("sh") for one in commands(block) if one.startswith(OURS)]
    assert found, name
    return found


def run(runner: CliRunner, command: str, *, answers: str = "") -> str:
    """What it prints; a `>` writes that to the file, as the shell does."""
    typed, _, file = command.partition(">")
    done = runner.invoke(main, shlex.split(typed)[1:], input=answers)
    assert done.exit_code == 0, f"{command}\n{done.output}"
    if file:
        Path(file.strip()).write_text(done.stdout, encoding="utf-8")
    return done.stdout


def run_page(runner: CliRunner, name: str, answers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Each command of a page with what it printed; `answers` are typed at those that ask."""
    return {command: run(runner, command, answers=(answers or {}).get(command, "")) for command in commands_of(name)}


def write(name: str, rows: list[dict[str, str]]) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def counted(admin: Connection, table: str) -> int:
    count: int = admin.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return count


def test_a_user_is_made_helped_and_put_out(acme: CliRunner, admin: Connection) -> None:
    printed = run_page(acme, "docs/accounts.md")
    assert sum("/console/choose-password#gal_" in told for told in printed.values()) == 2
    state = "SELECT active FROM users WHERE email = 'eva@example.com'"
    assert admin.execute(text(state)).scalar_one() is False


def test_a_company_is_imported_limited_exported_and_deleted(acme: CliRunner, admin: Connection) -> None:
    write("stores.csv", STORES)
    write("technicians.csv", TECHNICIANS)
    write("leads.csv", LEADS)
    before = {table: counted(admin, table) for table in ("stores", "technicians", "work_orders")}
    deletion = "geo-assign organizations delete acme"
    *others, last = commands_of("docs/operations.md")
    assert last == deletion
    for command in others:
        run(acme, command)
    assert {table: counted(admin, table) for table in before} == {table: count + 1 for table, count in before.items()}
    assert Path("acme.zip").stat().st_size > 0
    run(acme, deletion, answers="acme\n")
    assert {counted(admin, table) for table in before} == {0}


def test_the_example_of_the_seed_file_is_loaded(runner: CliRunner, admin: Connection) -> None:
    run_page(runner, "docs/seed-file.md")
    assert counted(admin, "organizations") == 1


def test_passwords_are_allowed_again(acme: CliRunner) -> None:
    assert "Passwords work" in "".join(run_page(acme, "docs/single-sign-on.md").values())


def test_a_database_is_brought_up_and_looked_over(acme: CliRunner) -> None:
    before, upgraded, looked_over = run_page(acme, "docs/upgrading.md").values()
    revision, _, newest = before.strip().partition(" (newest: ")
    assert (f"revision {revision}." in upgraded, newest) == (True, f"{revision})")
    assert [line for line in looked_over.splitlines() if line.startswith("fail")] == []
    assert "ok    migrations" in looked_over
