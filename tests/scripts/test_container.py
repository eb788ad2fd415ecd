"""The image and the compose file, read without running them: what they name exists."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from geo_assign.core.settings import PREFIX, Settings
from tests.scripts.shell import REPOSITORY

SETTINGS = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
COMPOSE = yaml.safe_load((REPOSITORY / "config" / "compose.yaml").read_text())
SERVICES = {name: service for name, service in COMPOSE["services"].items() if name != "db"}
METADATA = configparser.ConfigParser()
METADATA.read(REPOSITORY / "setup.cfg")


def instructions(word: str) -> list[list[str]]:
    """The arguments of every line of the Dockerfile that starts with this word."""
    return [line.split()[1:] for line in DOCKERFILE if line.startswith(f"{word} ")]


def test_every_stage_copied_from_exists() -> None:
    stages = {arguments[2] for arguments in instructions("FROM") if len(arguments) == 3}
    sources = {line[0].removeprefix("--from=") for line in instructions("COPY") if line[0].startswith("--from=")}
    assert sources
    assert sources <= stages


def test_every_file_copied_from_the_checkout_is_there_and_not_ignored() -> None:
    let_through = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in instructions("COPY"):
        if line[0].startswith("--from="):
            continue
        for source in line[:-1]:
            assert (REPOSITORY / source).exists(), source
            assert let_through & {source, Path(source).parts[0]}, source


def test_the_image_takes_nothing_but_what_the_lock_file_says() -> None:
    installs = [line for line in DOCKERFILE if re.search(r"\bpip (install|wheel|download)\b", line)]
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)


def test_the_image_does_not_run_as_root() -> None:
    assert instructions("USER")[-1] == ["10001"]


def test_python_is_one_that_the_package_allows() -> None:
    floor = METADATA["options"]["python_requires"].removeprefix(">=")
    images = [arguments[0] for arguments in instructions("FROM") if arguments[0].startswith("python:")]
    assert images
    assert all(image.startswith(f"python:{floor}-") for image in images)


def test_every_setting_named_exists() -> None:
    named: dict[str, set[str]] = {
        "Dockerfile": set(re.findall(rf"{PREFIX}\w+", "\n".join(DOCKERFILE))),
        "compose.yaml": set(re.findall(rf"{PREFIX}\w+", (REPOSITORY / "config" / "compose.yaml").read_text())),
        "scripts/run": set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", (REPOSITORY / "scripts" / "run").read_text())),
    }
    assert {file: names - SETTINGS for file, names in named.items()} == {file: set() for file in named}


def test_only_the_migrations_know_the_owner() -> None:
    owners = {name for name, service in SERVICES.items() if f"{PREFIX}ADMIN_DATABASE_URL" in service["environment"]}
    assert owners == {"migrate"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_services_wait_for_services_that_exist(name: str) -> None:
    waits = SERVICES[name]["depends_on"]
    assert set(waits) <= set(COMPOSE["services"])
    assert all(wait["condition"].startswith("service_") for wait in waits.values())


def test_every_volume_is_declared() -> None:
    used = {volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_roles_are_those_of_the_schema() -> None:
    # The log-in roles may be the group roles themselves: the migrations let them in with the password of their URL.
    urls = COMPOSE["x-service"]["environment"]
    assert "//geo_assign_app:" in urls[f"{PREFIX}DATABASE_URL"]
    assert "//geo_assign_worker:" in urls[f"{PREFIX}WORKER_DATABASE_URL"]


def test_a_wheel_carries_the_migrations() -> None:
    patterns = [pattern for lines in METADATA["options.data_files"].values() for pattern in lines.split()]
    carried = {path for pattern in patterns for path in REPOSITORY.glob(pattern)}
    files = [path for path in (REPOSITORY / "migrations").rglob("*") if path.is_file()]
    present = {path for path in files if "__pycache__" not in path.parts}
    assert present
    assert present == carried
