"""Addresses to points through the map key that each store configures."""
