"""A shop that uses Marketing Cloud: for receipts, for its table of orders, to forget people."""
