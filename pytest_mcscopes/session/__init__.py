"""The simulated Marketing Cloud of one test session: its tenants, and what a test did with them."""
