"""Positions: pings in, filters, the current position and the track."""
