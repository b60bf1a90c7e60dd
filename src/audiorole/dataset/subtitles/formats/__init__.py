"""Readers of the formats that are neither of `start --> end` lines nor of one event a line."""
