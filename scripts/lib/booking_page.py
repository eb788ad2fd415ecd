"""Print the token of the demo's booking page: `booking_page.py FILE.json`, which `geo-assign seed` printed."""

import json
import sys
from pathlib import Path


def token_of(seeded: dict[str, list[dict[str, list[dict[str, str]]]]]) -> str:
    """The publishable key's."""
    tokens = [key["token"] or "" for one in seeded["organizations"] for key in one["api_keys"]]
    return next(token for token in tokens if token.startswith("gpk_"))


if __name__ == "__main__":
    print(token_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
