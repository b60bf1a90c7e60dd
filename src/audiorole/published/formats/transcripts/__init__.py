"""Who says what when, without sound, one file an episode."""
