"""A browser that loses its network, as it does out there."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

# What a browser is told to emulate stops new requests only: an open stream would go on, and say that all is well.
_CUT = """const Open = EventSource;
globalThis.EventSource = class extends Open {
  constructor(...where) {
    super(...where);
    addEventListener("offline", () => this.close(), { once: true });
  }
};"""


def cut_streams_when_offline(context: BrowserContext) -> None:
    """Let the streams of pages that are opened from now on end with `context.set_offline(True)`."""
    context.add_init_script(_CUT)
