"""What the codec learns from its output: mel, spectra, letters, and what the judges heard."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss, relu

from audiorole.experiments.small.codec.corpus import CodecBatch
from audiorole.experiments.small.codec.discriminators import Scored
from audiorole.experiments.small.codec.encoder import filters_on

SPECTRA = ((256, 32), (512, 64), (1024, 80))
"""Windows and bands of the loss on samples."""


def mel_error(predicted: Tensor, mel: Tensor, frame_counts: Tensor) -> Tensor:
    """Return the mean absolute error of log-mel `(batch, bands, frames)` over frames that are no filling."""
    valid = torch.arange(mel.shape[2], device=mel.device) < frame_counts[:, None]
    error = (predicted.float() - mel).abs().mean(1) * valid
    return error.sum() / valid.sum()


def spectral_error(made: Tensor, real: Tensor, sample_rate: int) -> Tensor:
    """Return the mean absolute error of log-mels of samples `(batch, samples)` at several resolutions."""
    errors = [
        (_log_mel(made, *sizes, sample_rate) - _log_mel(real, *sizes, sample_rate)).abs().mean() for sizes in SPECTRA
    ]
    return torch.stack(errors).mean()


def meaning_error(guessed: Tensor, states: Tensor, counts: Tensor) -> Tensor:
    """Return which share of the variance of the listener's `states` `(batch, length, width)` is not in `guessed`.

    1 is what their mean alone would give; a row has `counts` states, the rest is filling.
    """
    guessed, states = guessed.float(), states.float()
    valid = (torch.arange(states.shape[1], device=states.device) < counts[:, None])[..., None] / counts.sum()
    mean = (states * valid).sum((0, 1))
    variance = ((states - mean).square() * valid).sum((0, 1)).clamp(min=1e-6)
    return (((guessed - states).square() * valid).sum((0, 1)) / variance).mean()


def reading_error(logits: Tensor, batch: CodecBatch) -> Tensor:
    """Return CTC's loss of `logits` `(rows, codes, 1 + letters)` a letter (Graves et al. 2006); 0 is the blank.

    Rows without letters do not count. Lengths are numbers on the CPU, so that no GPU has to wait for them.
    """
    lettered = [count > 0 for count in batch.letter_counts]
    log_probability = logits.float().log_softmax(-1).transpose(0, 1)
    codes = (logits.shape[1],) * len(lettered)
    errors = ctc_loss(
        log_probability,
        batch.letters,
        codes,  # type: ignore[arg-type] # PyTorch takes numbers too, which its types do not say
        batch.letter_counts,  # type: ignore[arg-type]
        reduction="none",
        zero_infinity=True,
    )
    lengths = torch.tensor([max(1, count) for count in batch.letter_counts], device=logits.device)
    known = torch.tensor(lettered, device=logits.device)
    return (errors / lengths).where(known, errors.new_zeros(())).sum() / max(1, sum(lettered))


def judges_error(real: Scored, made: Scored) -> Tensor:
    """Return the hinge loss of the judges, a scalar `()`."""
    return _mean([relu(1 - good).mean() + relu(1 + bad).mean() for good, bad in zip(real[0], made[0], strict=True)])


def fooling_error(made: Scored) -> Tensor:
    """Return the hinge loss of who is judged, a scalar `()`."""
    return _mean([relu(1 - score).mean() for score in made[0]])


def likeness_error(real: Scored, made: Scored) -> Tensor:
    """Return the mean absolute difference of the judges' states, a scalar `()`."""
    pairs = [pair for one, other in zip(real[1], made[1], strict=True) for pair in zip(one, other, strict=True)]
    return _mean([(good.detach() - bad).abs().mean() for good, bad in pairs])


def _log_mel(samples: Tensor, window_size: int, bands: int, sample_rate: int) -> Tensor:
    window = torch.hann_window(window_size, device=samples.device)
    spectrum = torch.stft(samples.float(), window_size, window_size // 4, window=window, return_complex=True)
    filters = filters_on(samples.device, bands, sample_rate, window_size)
    return (filters @ (spectrum.abs() + 1e-9)).clamp(min=1e-5).log()


def _mean(values: Sequence[Tensor]) -> Tensor:
    return torch.stack([value.float() for value in values]).mean()
