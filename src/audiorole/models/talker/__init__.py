"""The talker: phonemes and a voice to sound. Kokoro-82M (StyleTTS 2 with an iSTFT vocoder) as differentiable modules.

`vocabulary`, `voice` and `clauses` are light; `kokoro` is the port's model, which the registry names.
"""
