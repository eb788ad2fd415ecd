"""Leads and tickets, their bookings and offers."""
