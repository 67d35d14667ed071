"""What a user wrote, read and checked once: packages, users, scopes, severities, the manifest."""
