"""The small base: a speech codec of our own and a small text model that learned its codes; nothing comes from a hub."""
