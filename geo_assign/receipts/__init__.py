"""Receipts: every decision as it was written, why it came out so, and what other settings would have done."""
