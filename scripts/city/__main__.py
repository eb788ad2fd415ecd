"""Draw the city and write its files. `scripts/draw-city` starts this."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.city.drawing import draw_city
from scripts.city.files import write_files

PACKAGE_DATA = Path(__file__).resolve().parents[2] / "geo_assign" / "simulate" / "orrava"


def main(arguments: Sequence[str]) -> int:
    """Draw, write, and print what was written."""
    parser = argparse.ArgumentParser(prog="scripts/draw-city", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="another seed, another city (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=PACKAGE_DATA, help="where to write (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    for path in write_files(draw_city(chosen.seed), chosen.folder):
        print(f"{path.stat().st_size:>9,} bytes  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
