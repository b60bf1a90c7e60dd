"""Decode, resample, mix, measure. Waveforms are float32 mono `(num_samples,)` in [-1, 1] with a sample rate beside."""
