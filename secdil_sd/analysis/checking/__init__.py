"""Checks of a model as a piece of work: units, accuracy, extremes, signs, what is unused or unsaid."""
