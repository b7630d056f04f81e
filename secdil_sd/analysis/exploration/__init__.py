"""Where in the assumptions something happens: boxes, scores, stacks, shapes of paths."""
