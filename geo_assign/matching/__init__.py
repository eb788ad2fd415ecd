"""Who is the nearest technician that is really available, and why."""
