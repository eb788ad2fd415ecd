"""Webhooks: who listens to which events, and that they hear each of them."""
