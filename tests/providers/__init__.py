"""Local servers that speak the protocols of what the service calls, on real sockets, well and badly."""
