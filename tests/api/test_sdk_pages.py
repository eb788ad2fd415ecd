"""The page about a TypeScript client: its commands make types, and the program it shows fits them."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.api.page_commands import run_commands
from tests.docs.pages import ROOT, page

TYPESCRIPT = page("docs/sdk-typescript.md")
NODE_MODULES = ROOT / "geo_assign/console/web/api-types/node_modules"


@pytest.mark.slow
def test_the_typescript_page_makes_types_that_fit(tmp_path: Path) -> None:
    made = run_commands(TYPESCRIPT, tools=(NODE_MODULES.parent / "package.json").read_text(), node_modules=NODE_MODULES)
    (tmp_path / "geo-assign.ts").symlink_to(made.folder / "geo-assign.ts")
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
