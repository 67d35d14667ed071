"""The auth host: tokens, log-ins, users."""
