"""When technicians are free: gaps, free slots near a place, times several have in common, the day around a slot."""
