"""geo-assign: knows where technicians are and decides who should go."""

__version__ = "0.1.0"
