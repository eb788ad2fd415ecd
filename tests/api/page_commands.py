"""The commands that a page about clients shows, run as they stand."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import Page

# What an installation needs from the network; the tests' environment has it.
_INSTALLS = ("pip install", "npm install")


def run_commands(shown: Page, folder: Path) -> str:
    """Run what the page says, in `folder`, but for what would be fetched; what the commands told beside their files."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    commands = [line for line in shown.blocks("sh")[0].splitlines() if not line.startswith(_INSTALLS)]
    assert len(commands) >= 2
    said = []
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
        said += [made.stderr] if into else [made.stdout, made.stderr]
    return "".join(said)
