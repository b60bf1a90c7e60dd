"""Fitting a voice of the talker to a character's lines."""
