"""Print what the package requires, one requirement per line: to run, to be built and, with `test`, to be tested.

The ranges of setup.cfg and the build system of pyproject.toml are the source; the lock files hold what they came to.
"""

import configparser
import sys
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def requirements(extra: str = "") -> list[str]:
    """The requirements as they are written there. `extra` is one of setup.cfg's."""
    setup = configparser.ConfigParser()
    setup.read(_ROOT / "setup.cfg")
    build = tomllib.loads((_ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    run = setup["options"]["install_requires"].split("\n")
    more = setup["options.extras_require"][extra].split("\n") if extra else []
    return [line for line in [*run, *build, *more] if line]


if __name__ == "__main__":
    print("\n".join(requirements(*sys.argv[1:])))
