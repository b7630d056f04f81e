"""Checks of a model as a piece of work, beside what its results say."""
