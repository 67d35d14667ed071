"""The rules: what was declared, held against what the ledger tells."""
