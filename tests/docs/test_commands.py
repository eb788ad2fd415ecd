"""Every command that a page shows is run by a test, as it stands or in the form that the table names."""

import ast
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from uuid import UUID

import pytest

from geo_assign.http.decoding import decode_body
from tests.docs.pages import ROOT, list_pages
from tests.operations import find_operation

SHELLS = ("sh", "bash", "shell", "console")

# Pages of which a test runs every block as it stands, with nothing put in but addresses and passwords.
RUN_WHOLE = {
    "README.md": "tests/docs/test_worked_example.py::test_the_example_goes_from_the_log_in_to_who_else_could_have_gone",
    "docs/api.md": "tests/docs/test_calls_of_pages.py::test_a_technician_sends_a_photo_and_a_signature",
    "docs/backup.md": "tests/cli/test_backup_and_restore.py::test_what_is_backed_up_is_restored_whole",
    "docs/sdk-python.md": "tests/api/test_generated_client.py::test_the_python_page_makes_a_client_that_works",
    "docs/sdk-typescript.md": "tests/api/test_sdk_pages.py::test_the_typescript_page_makes_types_that_fit",
    "docs/partners.md": "tests/docs/test_calls_of_pages.py::test_a_partner_goes_from_the_key_to_the_news",
    "docs/phones.md": "tests/docs/test_calls_of_pages.py::test_a_phone_goes_from_the_log_in_to_the_log_out",
    "docs/webhooks.md": "tests/docs/test_calls_of_pages.py::test_an_administrator_makes_the_calls_of_the_page",
    "docs/first-day.md": "tests/cli/test_first_day.py::test_the_page_leads_to_an_offer_that_is_accepted",
}

# Pages of which a test runs every command of `geo-assign` as it stands.
OURS_RUN = {
    "docs/accounts.md": "tests/docs/test_commands_run.py::test_a_user_is_made_helped_and_put_out",
    "docs/operations.md": "tests/docs/test_commands_run.py::test_a_company_is_imported_limited_exported_and_deleted",
    "docs/seed-file.md": "tests/docs/test_commands_run.py::test_the_example_of_the_seed_file_is_loaded",
    "docs/single-sign-on.md": "tests/docs/test_commands_run.py::test_passwords_are_allowed_again",
    "docs/upgrading.md": "tests/docs/test_commands_run.py::test_a_database_is_brought_up_and_looked_over",
}

# Pages of which a test makes every call of the API as it stands.
CALLS_RUN = {
    "docs/accounts.md": "tests/docs/test_calls_of_pages.py::test_an_administrator_makes_the_calls_of_the_page",
}

# The others by their first lines, with the test of what they do. A test below holds scripts against their words.
_INSTALL = "tests/scripts/test_container.py::test_the_image_takes_nothing_but_what_the_lock_file_says"
_UNITS = "tests/scripts/test_deployment.py::test_a_unit_runs_a_command_that_there_is"
_FILES = "tests/scripts/test_deployment.py::test_the_commands_of_the_page_name_files_that_there_are"
_DISTRIBUTED = "tests/distribution/test_command.py::test_without_citus_it_says_how_to_get_it_and_changes_nothing"
COVERED = {
    "geo-assign db distribute --shards 8": _DISTRIBUTED,
    "rm -rf .local/pg-test": "tests/scripts/test_cluster.py::test_a_cluster_keeps_its_place_port_and_data",
    "pip install --only-binary :all: --require-hashes -r config/requirements.lock": _INSTALL,
    "pip install --no-deps --no-build-isolation .": _INSTALL,
    "/opt/geo-assign/bin/pip install --only-binary :all: --require-hashes -r config/requirements.lock": _INSTALL,
    "/opt/geo-assign/bin/pip install --no-deps --no-build-isolation .": _INSTALL,
    "(cd geo_assign/console/web && npm ci --no-audit --no-fund && npm run build)": _FILES,
    "useradd --system --home-dir /var/lib/geo-assign --shell /usr/sbin/nologin geo-assign": _UNITS,
    "python3 -m venv /opt/geo-assign": _INSTALL,
    "install -m 644 config/systemd/*.service /etc/systemd/system/": _UNITS,
    "install -g geo-assign -m 750 -d /etc/geo-assign": _UNITS,
    "install -g geo-assign -m 640 config/geo-assign.env /etc/geo-assign/geo-assign.env": _FILES,
    "install -g geo-assign -m 640 /dev/null /etc/geo-assign/owner.env": _UNITS,
    "systemctl daemon-reload": _UNITS,
    "systemctl start geo-assign-upgrade": _UNITS,
    "systemctl enable --now geo-assign-api geo-assign-worker": _UNITS,
    "systemctl restart geo-assign-worker geo-assign-api": _UNITS,
    "systemd-run --pty --uid=geo-assign --property=EnvironmentFile=/etc/geo-assign/geo-assign.env "
    "/opt/geo-assign/bin/geo-assign doctor": _UNITS,
}
_URL = re.compile(r"(?:\$(?:API|BASE)|https?://127\.0\.0\.1:\d+)(/v1/[^\s\"'?]*)")
_METHOD = re.compile(r"-X (\w+)")
_SENDS = {"--json", "-d", "--data"}
_SCRIPT = "./scripts/"
_HERE = re.compile(r"<<(\w+)[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
# What the shell would put in.
_PUT_IN = {r"\$\(date -u \+%FT%TZ\)": "2026-05-21T14:05:00Z", r"\$\(uuidgen\)|\$[A-Z_]+": str(UUID(int=7, version=4))}


def commands(block: str) -> Iterator[str]:
    """The commands of a block: lines are joined until the shell finds them whole."""
    waiting = ""
    for line in block.splitlines():
        waiting = f"{waiting}\n{line}" if waiting else line
        if is_whole(waiting):
            if waiting.strip() and not waiting.lstrip().startswith("#"):
                yield waiting.strip()
            waiting = ""
    assert not waiting, f"this is no whole command: {waiting}"


def is_whole(text: str) -> bool:
    """Whether the shell reads it without wanting more; it warns of here-documents that do not end."""
    if text.endswith(("\\", "|")):
        return False
    done = subprocess.run(["bash", "-n"], input=text + "\n", capture_output=True, text=True, check=False)
    return done.returncode == 0 and not done.stderr


@cache
def shown() -> list[tuple[str, str]]:
    return [
        (str(one), command)
        for one in list_pages()
        for language in SHELLS
        for block in one.blocks(language)
        for command in commands(block)
    ]


def first_line(command: str) -> str:
    return command.splitlines()[0]


def is_call(command: str) -> bool:
    """Whether it calls the API and does nothing else."""
    return "curl " in command and _URL.search(command) is not None


def is_run(where: str, command: str) -> bool:
    """Whether a test runs it as it stands."""
    ours = where in OURS_RUN and command.startswith("geo-assign ")
    return where in RUN_WHOLE or ours or (where in CALLS_RUN and is_call(command))


def test_every_command_is_run_by_a_test() -> None:
    unknown = [
        (where, first_line(command))
        for where, command in shown()
        if not (is_run(where, command) or command.startswith(_SCRIPT) or first_line(command) in COVERED)
    ]
    assert unknown == [], "Have a test run it, and name the test in one of the tables."


@pytest.mark.parametrize("command", sorted({command for _, command in shown() if is_call(command)}))
def test_a_call_is_served_and_its_body_taken(command: str) -> None:
    body = body_of(command)
    chosen, path = _METHOD.search(command), _URL.search(command)
    assert path is not None
    method = chosen[1] if chosen else "GET" if body is None and "--data" not in command else "POST"
    operation = find_operation(method, put_in(path[1]))
    if body is not None and operation.body is not None:
        decode_body(operation.body, put_in(body).encode())


@pytest.mark.parametrize("command", sorted({one for _, one in shown() if one.startswith(_SCRIPT)}))
def test_a_script_is_there_and_knows_what_it_is_given(command: str) -> None:
    """Running them sets a machine up: what they do has tests of its own in tests/scripts."""
    name, *words = shlex.split(command)
    script = ROOT / name
    assert os.access(script, os.X_OK)
    assert is_whole(script.read_text(encoding="utf-8"))
    of_mutants = ROOT / "scripts" / "lib" / "mutants.py"
    told = script.read_text(encoding="utf-8") + of_mutants.read_text(encoding="utf-8")
    behind_option = {after for word, after in pairwise(words) if word.startswith("-")}
    for word in words:
        assert word in told or (ROOT / word).exists() or word in behind_option or word == "-k", word


def body_of(command: str) -> str | None:
    """What a call sends: a here-document, or the word behind the option."""
    here = _HERE.search(command)
    if here is not None:
        return here[2]
    words = shlex.split(command)
    return next((after for word, after in pairwise(words) if word in _SENDS), None)


def put_in(text: str) -> str:
    for pattern, value in _PUT_IN.items():
        text = re.sub(pattern, value, text)
    return text


def test_the_table_names_no_command_that_is_gone() -> None:
    listed = {first_line(command) for where, command in shown() if not is_run(where, command)}
    assert COVERED.keys() - listed == set()
    assert {*RUN_WHOLE, *OURS_RUN, *CALLS_RUN} <= {where for where, _ in shown()}


@pytest.mark.parametrize(
    "test", sorted({*COVERED.values(), *RUN_WHOLE.values(), *OURS_RUN.values(), *CALLS_RUN.values()})
)
def test_the_tests_named_are_there(test: str) -> None:
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in defined if name else any(each.startswith("test_") for each in defined)


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("a\nb -c\n", ["a", "b -c"]),
        ("a \\\n  b\nc\n", ["a \\\n  b", "c"]),
        ("X=$(a <<E | b\ntext\nE\n)\nc\n", ["X=$(a <<E | b\ntext\nE\n)", "c"]),
        ("a |\n  b\n\n# a remark\nc 'two\nlines'\n", ["a |\n  b", "c 'two\nlines'"]),
    ],
)
def test_a_block_is_divided_as_the_shell_reads_it(block: str, found: list[str]) -> None:
    assert list(commands(block)) == found
