"""The HTTP translation of the library: parse, call, render."""
