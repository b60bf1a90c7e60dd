"""Examples as tokens: interleaved, packed, kept on disk."""
