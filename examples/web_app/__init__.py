"""A web app that acts for its users: they log in, look at receipts, and send some."""
