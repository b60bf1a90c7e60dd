"""GLM-4-Voice's speech tokenizer: a Whisper encoder, cut after 16 layers, whose states are vector-quantized."""
