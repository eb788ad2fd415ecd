"""The use cases that move work: create, offer, accept, reject, expire, assign, cancel."""
