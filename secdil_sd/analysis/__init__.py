"""What runs mean: stability, equilibria, dyads; computes, never draws."""
