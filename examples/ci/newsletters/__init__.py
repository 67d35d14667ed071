"""Newsletters that are sent through Marketing Cloud."""
