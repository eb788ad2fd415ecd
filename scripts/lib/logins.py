"""Print the demo's log-ins as a table: `logins.py FILE.json`, which `geo-assign simulate --write-assets` wrote."""

import json
import sys
from pathlib import Path


def lines(demo: dict[str, list[dict[str, str]]]) -> list[str]:
    """One line per log-in, the columns aligned."""
    rows = [[login[column] for column in ("role", "organization", "email", "password")] for login in demo["logins"]]
    widths = [max(len(row[column]) for row in rows) for column in range(4)] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


if __name__ == "__main__":
    for line in lines(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))):
        print(f"    {line}")
