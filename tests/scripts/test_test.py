"""`./scripts/test` says at once how it is used."""

import subprocess

import pytest

from tests.scripts.shell import REPOSITORY, Checkout


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_usage_is_printed_before_anything_is_set_up(option: str) -> None:
    done = subprocess.run([REPOSITORY / "scripts" / "test", option], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Every check of the repository")
    assert "./scripts/test --exhaustive" in done.stdout
    assert "set -" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("", True),
        ("-k clock", True),
        ("tests", True),
        ("tests/browser/test_console.py::test_x -v", True),
        ("tests/core tests/browser", True),
        ("tests/core", False),
        ("./tests/core/test_direct.py::test_x -k browser", False),
    ],
)
def test_the_console_is_built_only_for_tests_that_look_at_it(checkout: Checkout, arguments: str, wanted: bool) -> None:
    start = (REPOSITORY / "scripts" / "test").read_text()
    function = start[start.index("browser_wanted() {") : start.index("find_chromium() {")]
    status, _ = checkout.run(f"{function}\nROOT='{REPOSITORY}'\nPYTEST_ARGUMENTS=({arguments})\nbrowser_wanted")
    assert status == (0 if wanted else 1)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [("", True), ("tests/core tests/scaling/test_pgbouncer.py", True), ("tests", True), ("tests/core", False)],
)
def test_a_pooler_is_installed_only_for_tests_behind_it(checkout: Checkout, arguments: str, wanted: bool) -> None:
    start = (REPOSITORY / "scripts" / "test").read_text()
    functions = start[start.index("pooler_wanted() {") : start.index("find_chromium() {")]
    status, _ = checkout.run(f"{functions}\nROOT='{REPOSITORY}'\nPYTEST_ARGUMENTS=({arguments})\npooler_wanted")
    assert status == (0 if wanted else 1)


@pytest.mark.parametrize("found", ["true", "false"])
def test_the_console_is_there_before_anything_is_checked(checkout: Checkout, found: str) -> None:
    """With a Node of the system's it is built beside the installation of Python's packages, and shown after it."""
    script = (REPOSITORY / "scripts" / "test").read_text()
    begun = script[script.index("prepare_console() {") : script.index("check_console() {")]
    steps = script[script.index("if browser_wanted && system_node") : script.index("if ((${#PYTEST_ARGUMENTS[@]}")]
    stubs = "".join(
        f"prepare_{name}() {{ echo {name} >>$LOCAL/done; }}; " for name in ("python", "database", "node", "browser")
    )
    wanted = f"browser_wanted() {{ true; }}; pooler_wanted() {{ false; }}; system_node() {{ {found}; }}; "
    built = "build_console() { echo console >>$LOCAL/done; }; "
    status, output = checkout.run(f"open_steps run; {stubs}{wanted}{built}{begun}\n{steps}\nsay checks")
    assert status == 0, output
    shown = [line.split()[0] for line in output.splitlines()]
    assert shown == ["Python", "Database", "Browser", "Node", "Console", "checks"]
    done = (checkout.local / "done").read_text().split()
    assert sorted(done) == ["browser", "console", "database", "node", "python"]
    assert done.index("node") < done.index("console")
