"""Worker processes that run outside audiorole's own environment."""
