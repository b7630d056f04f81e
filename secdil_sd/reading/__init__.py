"""Model files to equations; the only room that imports PySD."""
