"""What one shift of dispatchers tells the next."""
