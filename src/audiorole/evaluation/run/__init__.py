"""Running an evaluation: plan, ask, hear, score. Resumable at every row, nothing dropped."""
