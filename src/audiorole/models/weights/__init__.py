"""Weights on disk: where they come from, what they must be, where they lie."""
