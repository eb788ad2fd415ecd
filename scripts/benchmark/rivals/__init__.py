"""The same question, answered as others build it: what the report compares the service with.

Each rival answers `POST /nearest` with `{"lat", "lon"}` by `{"candidates": [{"technician_id", "distance_m"}, ..]}`:
the five nearest technicians within 50 km who are on duty, were heard of within 15 minutes at a place of the last hour,
and have no work in the next one. None of them knows working hours, skills, stores' rules or limits, and none writes a
line about who looked where.
"""
