"""Technicians, stores and work orders from CSV files: what `geo-assign import` brings in."""
