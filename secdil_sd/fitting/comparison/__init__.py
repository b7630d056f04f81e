"""Rival explanations of one history held against each other, and against naive forecasts."""
