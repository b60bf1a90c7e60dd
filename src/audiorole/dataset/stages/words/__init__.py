"""Stages that read words: subtitles and how they lie on the sound, lines, what is heard, scripts, languages."""
