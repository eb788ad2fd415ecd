"""Drive times: from several places to others, by a router or estimated from the straight line."""
