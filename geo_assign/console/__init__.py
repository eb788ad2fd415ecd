"""The web console: what the browser loads, and the Flask blueprint that serves it."""
