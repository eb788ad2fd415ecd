"""Run a few lines of bash with the set-up's library loaded, in a checkout of the test's own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Event

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARY = REPOSITORY / "scripts" / "lib"
PARTS = ("steps", "packages", "python", "console", "cluster", "settings", "database", "services")


@dataclass(frozen=True)
class Checkout:
    """A folder that stands for a checkout: the library's own files, this interpreter as its .venv."""

    root: Path

    @property
    def local(self) -> Path:
        return self.root / ".local"

    def program(self, body: str) -> str:
        """A script like ./scripts/run: strict, the library loaded, `body` at the end."""
        sources = "\n".join(f'source "{LIBRARY}/{part}.sh"' for part in PARTS)
        return f"set -Eeuo pipefail\nROOT='{self.root}'\n{sources}\nVENV='{sys.prefix}'\n{body}\n"

    def start(self, body: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            # The parent process may ignore SIGHUP, and a shell cannot trap a signal that it inherits as ignored.
            ["env", "--default-signal=HUP", "bash", "-c", self.program(body)],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, body: str, **environment: str) -> tuple[int, str]:
        """Exit status and everything printed."""
        with self.start(body, **environment) as process:
            output, _ = process.communicate(timeout=60)
            return process.returncode, output


def wait_until_it_is(name: str, pid: int) -> None:
    """Wait until a process is past the wrappers that it was started with."""
    pause = Event()
    while Path(f"/proc/{pid}/comm").read_text().strip() != name:
        pause.wait(0.05)


def new_checkout(folder: Path) -> Checkout:
    """An empty checkout with the library's Python parts where the shell looks for them."""
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "lib").symlink_to(LIBRARY)
    return Checkout(folder)
