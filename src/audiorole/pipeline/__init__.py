"""How stages run: digests, markers, workers, and what is kept between runs. Knows nothing of speech."""
