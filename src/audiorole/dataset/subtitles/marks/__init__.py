"""Marks of who speaks: names and their manners, roles, sounds, turns, the styles of ASS."""
