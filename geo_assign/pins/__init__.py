"""Better places for addresses, learned from arrivals and from pins that people set."""
