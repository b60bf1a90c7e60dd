"""The base `talker`: a text model that thinks as a character, and a pretrained voice that says it."""
