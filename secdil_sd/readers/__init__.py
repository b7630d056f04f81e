"""Public data to tidy tables, whatever layout they were published in."""
