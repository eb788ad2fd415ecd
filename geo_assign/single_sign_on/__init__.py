"""Logging in by an organization's identity provider: OpenID Connect, authorization code flow with PKCE."""
