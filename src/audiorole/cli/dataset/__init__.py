"""Commands from media to a dataset."""
