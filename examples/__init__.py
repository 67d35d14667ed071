"""Integrations with Marketing Cloud, and their tests."""
