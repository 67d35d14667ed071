"""Answers to what a scope opens, what a call needs and what a package could do."""
