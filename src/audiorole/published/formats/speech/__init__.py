"""Speech for models that talk: a character's lines, and a clip of the voice."""
