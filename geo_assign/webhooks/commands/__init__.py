"""Writes of webhooks and of what is on its way to them."""
