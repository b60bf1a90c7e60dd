"""From a signal and cues to lines: boundaries, scenes, text as it is compared."""
