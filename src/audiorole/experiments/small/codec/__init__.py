"""Speech as 50 codes a second and back: Whisper's encoder, a scalar quantizer, a voice from a table, a vocoder."""
