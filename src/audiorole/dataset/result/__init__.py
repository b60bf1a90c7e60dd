"""What a user takes away: the dataset folder, its card, and the numbers of the build."""
