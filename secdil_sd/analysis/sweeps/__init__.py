"""Constants moved along grids: cubes, critical values, maps, bands."""
