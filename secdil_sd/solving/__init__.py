"""Arrays in, arrays out: the integration of one member or a million."""
