"""Models held against history: estimates and their uncertainty."""
