"""The rules, each a pure function of what was observed and what was declared."""
