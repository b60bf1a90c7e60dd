"""Which of the subtitles and scripts of an episode are used: candidates, what speaks against each, the best of them."""
