"""Stages that read sound and picture: what a file holds, activity, voices, quality, noise, faces."""
