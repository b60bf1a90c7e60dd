"""Speech as 50 codes a second and back: Whisper's ears, a finite scalar quantizer, a voice from a table, a vocoder."""
