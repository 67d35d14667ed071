"""Reminders to customers who left a full cart, by requests, at a subdomain that the code knows."""
