"""Stages that look at a whole series: repeats, names, dialogues, corrections, splits, the published dataset."""
