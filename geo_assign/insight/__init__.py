"""What became of the work of a period: counts by day that the worker sums, and what they say together."""
