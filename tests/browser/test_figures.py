"""What `./scripts/console-figures` prints, and how it looks at a page."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.figures import Figure, long_tasks, table, watch_long_tasks


def test_a_table_tells_which_aims_are_missed() -> None:
    figures = [Figure("tasks", 0, "", 0), Figure("heap", 12.34, "MB", 10), Figure("only told", 5, "ms")]
    tasks, heap, told, load = table(figures).splitlines()
    assert tasks.endswith("met")
    assert "12.3 MB" in heap
    assert heap.endswith("MISSED")
    assert "aim" not in told
    assert load.startswith("(load average ")


def test_a_task_that_keeps_the_page_long_is_seen_and_short_ones_are_not(page: Page) -> None:
    page.goto("about:blank")
    watch_long_tasks(page)
    assert long_tasks(page) == []
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => {"
        " const began = performance.now(); while (performance.now() - began < 250); done(); }))"
    )
    assert max(long_tasks(page)) >= 250
