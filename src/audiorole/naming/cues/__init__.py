"""What speaks for a name: one module a cue, each giving planes of evidence for a block of lines."""
