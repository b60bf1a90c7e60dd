"""Models of the signal: activity, overlap, tags, quality, noise."""
