"""The voice model: what was heard of each line, voices of characters, clusters of voices."""
