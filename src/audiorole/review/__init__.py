"""Review: a person decides who voices and lines are, and the series is named anew each time."""
