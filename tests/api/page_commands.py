"""The commands that a page about clients shows, run as they stand.

A generator takes longer than all that is then done with what it made, so that is kept from run to run: for the same
document of the API, the same commands and the same tools it would be the same again.
"""

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from tests.docs.pages import ROOT, Page

KEPT = ROOT / ".local/cache/clients"
# What an installation needs from the network; the tests' environment has it.
_INSTALLS = ("pip install", "npm install")
_SAID = "said.txt"


@dataclass(frozen=True)
class Made:
    """A folder in which the commands of a page were run, and what they told beside their files."""

    folder: Path
    said: str


def run_commands(shown: Page, *, tools: str, node_modules: Path | None = None) -> Made:
    """Run what the page says but for what would be fetched; or only the first command, which writes the document.

    The others where none of that document is kept. `tools` tells which versions they are.
    """
    document, *makers = (line for line in shown.blocks("sh")[0].splitlines() if not line.startswith(_INSTALLS))
    assert makers
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=KEPT))
    try:
        if node_modules is not None:
            (folder / "node_modules").symlink_to(node_modules)
        said = _run(document, folder)
        written = (folder / "openapi.json").read_text()
        key = sha256("\0".join([tools, document, *makers, written]).encode()).hexdigest()[:16]
        kept = KEPT / f"{shown.path.stem}-{key}"
        if not kept.exists():
            for command in makers:
                said += _run(command, folder)
            (folder / _SAID).write_text(said)
            for older in KEPT.glob(f"{shown.path.stem}-*"):
                shutil.rmtree(older, ignore_errors=True)
            with suppress(OSError):  # another process was first
                folder.rename(kept)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Made(kept, (kept / _SAID).read_text())


def _run(command: str, folder: Path) -> str:
    """What it told beside its files."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    program, _, into = command.partition(" > ")
    made = subprocess.run(
        shlex.split(program), cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, f"{command}: {made.stdout}{made.stderr}"
    if into:
        (folder / into).write_text(made.stdout)
    return made.stderr if into else made.stdout + made.stderr
