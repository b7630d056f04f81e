"""What would stop it: levers, worlds nobody can rule out, and what it takes in most of them."""
