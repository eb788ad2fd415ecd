"""What phones ask for: news of their offers and work while they wait, and what their apps must know."""
