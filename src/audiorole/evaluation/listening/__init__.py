"""A blind listening test as one HTML page, and the analysis of what its listeners say."""
