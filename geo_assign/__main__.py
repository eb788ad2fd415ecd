"""`python -m geo_assign` is `geo-assign`."""

from geo_assign.cli import main

main()
