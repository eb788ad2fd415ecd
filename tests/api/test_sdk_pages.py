"""The pages about clients: their commands make clients, and the programs they show work with these."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import World
from tests.docs.pages import ROOT, Page, page
from tests.live import LiveService, live_service, seed_document

PYTHON, TYPESCRIPT = page("docs/sdk-python.md"), page("docs/sdk-typescript.md")
NODE_MODULES = ROOT / "geo_assign/console/web/api-types/node_modules"
# What an installation needs from the network; the tests' environment has it.
_INSTALLS = ("pip install", "npm install")


def run_commands(shown: Page, folder: Path) -> None:
    """Run what the page says, in `folder`, but for what would be fetched."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    commands = [line for line in shown.blocks("sh")[0].splitlines() if not line.startswith(_INSTALLS)]
    assert len(commands) >= 2
    for command in commands:
        program, _, into = command.partition(" > ")
        made = subprocess.run(
            shlex.split(program),
            cwd=folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, f"{command}: {made.stdout}{made.stderr}"
        if into:
            (folder / into).write_text(made.stdout)


def run_program(code: str, *, path: Path, env: Mapping[str, str]) -> str:
    environment = {**os.environ, **env, "PYTHONPATH": str(path)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture
def service(world: World, tmp_path: Path) -> Iterator[LiveService]:
    with live_service(world, seed_document(), tmp_path) as service:
        yield service


@pytest.mark.slow
def test_the_python_page_makes_a_client_that_works(tmp_path: Path, service: LiveService) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    run_commands(PYTHON, folder)
    (program,) = PYTHON.blocks("python")
    told = run_program(
        program,
        path=folder / "geo-assign-client",
        env={
            "DISPATCH_URL": service.base_url,
            "DISPATCH_TOKEN": service.user().token,
            "STORE_ID": service.store_id(),
        },
    ).splitlines()
    assert told[0].startswith("L-0001 ")
    assert told[1] == "1"
    assert any(line.endswith(" work_order.created") for line in told[2:])


@pytest.mark.slow
def test_the_typescript_page_makes_types_that_fit(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    run_commands(TYPESCRIPT, tmp_path)
    (program,) = TYPESCRIPT.blocks("ts")
    (tmp_path / "main.ts").write_text(program)
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "lib": ["es2022", "dom", "dom.iterable"],
        "module": "esnext",
        "moduleResolution": "bundler",
        "types": [],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["main.ts"]}))
    checked = subprocess.run(
        [str(NODE_MODULES / ".bin/tsc"), "--project", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
