"""What an operator does with whole organizations: list, limit, export, delete."""
