"""The model as data: expressions, variables, and the order in which a machine computes them."""
