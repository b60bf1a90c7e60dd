"""Naming a series of the run folder: columns in, the engine, decisions, names out."""
