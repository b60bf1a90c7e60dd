"""Speaker embedders."""
