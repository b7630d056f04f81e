"""Units of measurement of a model's equations: read, carried through, compared."""
