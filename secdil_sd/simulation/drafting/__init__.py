"""A scenario of two states' own history written down, ready to be fitted."""
