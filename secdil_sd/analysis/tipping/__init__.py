"""Where things would settle and where that tips: curves of rest, folds, basins."""
