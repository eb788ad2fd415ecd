"""Technicians, stores and work orders from CSV files: `geo-assign import`."""
