"""What a booking page in a visitor's browser may do: ask for free slots, and send a lead."""
