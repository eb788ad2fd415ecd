"""One file per kind of move; each function takes a transaction and a caller, and never commits."""
