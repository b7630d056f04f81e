"""Public data to tidy tables."""
