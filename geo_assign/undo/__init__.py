"""Taking back what one has just done."""
