"""Web Push: which devices want to be woken, and what they are to be told."""
