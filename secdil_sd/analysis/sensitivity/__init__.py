"""Which parameters drive an output: a design, an ensemble, indices with their intervals."""
