"""GLM-4-Voice's speech decoder: audio codes → mel spectrogram by flow matching → waveform by a HiFT vocoder.

The modules carry the parameter names of the published checkpoints, and their sizes are read off the tensors.
"""
