"""Equations to text: NumPy code, LaTeX."""
