"""The shop's mailer with a bug: it asks for more than it needs. Its test fails, as it should."""
