"""From the lines of a dataset to training examples."""
