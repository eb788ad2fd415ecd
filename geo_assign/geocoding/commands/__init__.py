"""Writes around geocoding: map keys, and what comes before and after a call."""
