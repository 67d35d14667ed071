"""What Marketing Cloud documents, and what a call needs."""
