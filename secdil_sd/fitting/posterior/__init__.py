"""What figures leave of a prior: quick draws, chains, verdicts, and whether they can be trusted."""
