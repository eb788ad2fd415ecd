"""What a customer may see of the own work order, by a link: who comes, when, and on the way where."""
