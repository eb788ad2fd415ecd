"""Stores, service groups, technicians, service providers, working hours, time off and duty."""
