"""The documentation as data: its pages, and what they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#{1,6} +(.+?)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of a language."""
        return [body for name, body in _FENCE.findall(self.text) if name == language]

    def links(self) -> Iterator[str]:
        """The targets of links and pictures."""
        yield from _LINK.findall(self.prose)

    def spans(self) -> Iterator[str]:
        """What stands in backticks in the prose."""
        yield from _SPAN.findall(self.prose)

    def anchors(self) -> set[str]:
        """The anchors of its headings, as code hosts make them."""
        return {_anchor(heading) for heading in _HEADING.findall(self.prose)}


def list_pages() -> list[Page]:
    """README and everything under docs."""
    return [Page(ROOT / "README.md"), *(Page(path) for path in sorted((ROOT / "docs").rglob("*.md")))]


def page(name: str) -> Page:
    """A page by its path in the repository."""
    return Page(ROOT / name)


def _anchor(heading: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return plain.strip().replace(" ", "-")
