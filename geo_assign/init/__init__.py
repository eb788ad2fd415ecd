"""The first day of an installation: `geo-assign init`."""
