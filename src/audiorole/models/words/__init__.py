"""Models of words: transcribers, text embeddings, text language."""
