"""What a viewer sees of a cue, and what of that nobody says: repeats, other languages, signs, notes, songs."""
