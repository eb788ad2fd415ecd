"""The units, the proxy's example and the commands of the page about deployment fit the program that they run."""

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from geo_assign.app import list_operations
from geo_assign.cli import main
from geo_assign.core.settings import PREFIX, Settings
from geo_assign.serve import STOP_WITHIN_S
from tests.docs.pages import ROOT, page

UNITS = sorted((ROOT / "config" / "systemd").glob("*.service"))
NGINX = (ROOT / "config" / "nginx.conf").read_text(encoding="utf-8")
PROGRAM = "/opt/geo-assign/bin/geo-assign"
PAGE = page("docs/deployment.md")

every_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit.read_text(encoding="utf-8"))
    return parser


@every_unit
def test_a_unit_runs_a_command_that_there_is(unit: Path) -> None:
    program, *words = read(unit)["Service"]["ExecStart"].split()
    assert program == PROGRAM
    context, command = click.Context(main), main
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None, word
        command = found  # type: ignore[assignment]
    assert not isinstance(command, click.Group)


@every_unit
def test_a_unit_is_no_root_and_waits_for_the_service_to_end(unit: Path) -> None:
    service = read(unit)["Service"]
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("geo-assign", "yes", "strict")
    if "TimeoutStopSec" in service:
        assert int(service["TimeoutStopSec"]) > STOP_WITHIN_S


def test_the_owner_is_known_to_the_upgrade_alone() -> None:
    with_owner = {unit.stem for unit in UNITS if "owner.env" in unit.read_text(encoding="utf-8")}
    assert with_owner == {"geo-assign-upgrade"}


@every_unit
def test_the_page_names_every_unit(unit: Path) -> None:
    assert f"`config/systemd/{unit.name}`" in PAGE.text
    assert unit.stem in "\n".join(PAGE.blocks("sh"))


@every_unit
def test_systemd_has_nothing_to_say_against_a_unit(unit: Path, tmp_path: Path) -> None:
    """Where there is systemd; its program stands for ours, which is not installed there."""
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        return
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text(encoding="utf-8").replace(PROGRAM, sys.executable), encoding="utf-8")
    done = subprocess.run([verifier, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if unit.name in line]
    assert told == []


def blocks(text: str) -> Iterator[str]:
    """The innermost bodies in braces."""
    yield from re.findall(r"\{([^{}]*)\}", text)


def test_the_proxy_is_whole_and_says_what_the_service_needs() -> None:
    plain = re.sub(r"#.*", "", NGINX)
    assert plain.count("{") == plain.count("}")
    assert all(line.endswith((";", "{", "}")) for line in map(str.strip, plain.splitlines()) if line)
    for needed in (
        "listen 443 ssl;",
        "return 301 https://$host$request_uri;",
        'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;',
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header Host $host;",
        "proxy_next_upstream off;",
    ):
        assert needed in plain, needed
    live = re.search(r"location = /v1/live \{([^}]*)\}", plain)
    assert live is not None
    assert "proxy_buffering off;" in live[1]


def test_the_proxy_lets_every_body_through_that_the_service_takes() -> None:
    most = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert most is not None
    assert int(most[1]) * 1_000_000 > largest_body()


def largest_body() -> int:
    named = [operation.max_body_bytes or 0 for operation in list_operations()]
    return max([*named, int(Settings.model_fields["max_body_bytes"].default)])


def test_the_settings_named_beside_the_proxy_are_settings() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", NGINX)) <= known


def test_nginx_takes_the_example_where_there_is_one(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        return
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=dispatch.example.com"]
    subprocess.run([openssl, *made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    site = re.sub(r"/etc/\S*fullchain\.pem", str(certificate), re.sub(r"/etc/\S*privkey\.pem", str(key), NGINX))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {site}\n }}")
    done = subprocess.run(
        [nginx, "-t", "-c", str(whole), "-p", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "syntax is ok" in done.stderr, done.stderr


def test_the_commands_of_the_page_name_files_that_there_are() -> None:
    for path in re.findall(r"(?<=\s)config/[\w./-]+", "\n".join(PAGE.blocks("sh"))):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", ["docs/deployment.md", "docs/upgrading.md"])
def test_the_program_has_the_commands_that_the_pages_run(name: str) -> None:
    for line in "\n".join(page(name).blocks("sh")).splitlines():
        for words in re.findall(r"(?:^|/)geo-assign ([a-z]+(?: [a-z]+)?)$", line):
            command: click.Command | None = main
            for word in words.split():
                assert isinstance(command, click.Group)
                command = command.get_command(click.Context(main), word)
                assert command is not None, words
