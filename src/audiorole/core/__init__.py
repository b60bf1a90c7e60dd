"""The machinery: stages, digests, markers, legs, progress. Knows nothing of speech."""
