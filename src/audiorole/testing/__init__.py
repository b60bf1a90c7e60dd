"""Public fakes for tests of audiorole and of what plugs into it: a small cast, models, systems."""
