"""From several channels to one in which the speech is kept.

Dialogue of a surround mix sits in the centre, so the mono mix leans on it; a centre without sound (a stereo mix packed
as 5.1) is left out. Channels whose waves are each other's opposite would cancel out: they are turned where they are.
What was done is told once per file. Whether two channels hold two programmes can only be suspected here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]

_PIECE_SECONDS = 0.25
"""Seconds for which one sign holds: shorter than a word that would be lost where it changes."""
_STRIDE = 8
"""Every eighth sample tells how channels relate as well as all of them."""
_OPPOSITE, _ALIKE = -0.5, 0.5
"""Correlation below which a channel is turned, and above which it is taken as it is; between them nothing changes."""
_FLOOR, _QUIET = 1e-9, 1e-3
"""Power that counts as silence, and its share of the mean power so far below which a piece says nothing."""
_UNLIKE, _OFTEN = 0.6, 0.4
"""Correlation below which two channels have little in common, and the share of pieces that is worth a closer look: two
languages over the same music and effects are alike while nobody speaks."""
_DEAD = 1e-4
"""Share of the loudest channel's power (-40 dB) below which a channel holds no sound."""
_TOLD = 0.02
"""Share of the pieces from which turning a channel is worth telling."""


@dataclass
class MixFacts:
    """What was heard in the channels of a stream. pieces: quarters of a second with sound in at least two channels.

    turned: those in which a channel was turned; unlike: those in which the first two have little in common.
    silent_centre: the centre held no sound until the end.
    """

    pieces: int = 0
    turned: int = 0
    unlike: int = 0
    silent_centre: bool = False

    @property
    def apart(self) -> bool:
        """True where two channels may hold two programmes."""
        return self.pieces >= 40 and self.unlike > _OFTEN * self.pieces

    def told(self) -> list[str]:
        """Return one sentence for each thing that was done."""
        sentences = []
        if self.turned > _TOLD * self.pieces:
            share = self.turned / self.pieces
            sentences.append(
                f"channels are of opposite phase in {share:.0%} of the audio: turned before they were mixed"
            )
        if self.silent_centre:
            sentences.append("the centre channel is silent: the other channels were mixed instead")
        return sentences


class Mixer:
    """Mixes blocks of one stream. channels: their names as FFmpeg has them; channel: take only that one, -1 mixes."""

    def __init__(self, channels: Sequence[str], sample_rate: int, facts: MixFacts, channel: int = -1) -> None:
        self.weights, self.facts, self.channel = mix_weights(list(channels)), facts, channel
        self.deep = np.array([name == "LFE" for name in channels])
        self.centre = list(channels).index("FC") if "FC" in channels and len(channels) > 2 else -1
        self.step = max(1, round(_PIECE_SECONDS * sample_rate / _STRIDE))
        self.power = np.zeros(len(channels))
        self.pieces = 0
        self.signs = np.ones(len(channels), dtype=np.float32)

    def __call__(self, planes: Planes) -> Planes:
        """Return the mono mix `(num_samples,)` of `planes` `(num_channels, num_samples)`."""
        if len(planes) == 1 or self.channel >= 0 or not planes.shape[1]:
            return np.asarray(planes[max(0, self.channel)])
        products = self._products(planes)
        self.power += np.einsum("kcc->c", products)
        self.pieces += len(products)
        signs = np.stack([self._turned(product) for product in products])
        return self._mixed(planes, signs)

    def _products(self, planes: Planes) -> NDArray[np.float64]:
        """Return the mean products of all pairs of channels in each piece, `(num_pieces, channels, channels)`."""
        thin = planes[:, ::_STRIDE]
        padded = np.pad(thin, ((0, 0), (0, -thin.shape[1] % self.step)))
        pieces = padded.reshape(len(planes), -1, self.step).transpose(1, 0, 2).astype(np.float64)
        return np.asarray(pieces @ pieces.transpose(0, 2, 1)) / self.step

    def _turned(self, product: NDArray[np.float64]) -> Planes:
        """Return the sign of each channel in a piece, against the channel that is loudest in it."""
        power = np.diag(product)
        loudest = int(power.argmax())
        sounding = power > max(_FLOOR, _QUIET * float(self.power.max()) / max(1, self.pieces))
        if sounding.sum() > 1:
            alike = product[loudest] / np.sqrt(np.maximum(power * power[loudest], 1e-30))
            relative = self.signs * self.signs[loudest]
            relative = np.where(sounding & (alike < _OPPOSITE), -1, np.where(sounding & (alike > _ALIKE), 1, relative))
            self.signs = (relative * relative[self._anchor()]).astype(np.float32)
            self._count(alike, sounding, loudest)
        return self.signs

    def _anchor(self) -> int:
        """Return the channel that is never turned."""
        return max(0, self.centre)

    def _count(self, alike: NDArray[np.float64], sounding: NDArray[np.bool_], loudest: int) -> None:
        self.facts.pieces += 1
        self.facts.turned += bool((self.signs[sounding] < 0).any())
        if len(alike) == 2:
            self.facts.unlike += bool(abs(alike[1 - loudest]) < _UNLIKE)

    def _mixed(self, planes: Planes, signs: Planes) -> Planes:
        weights = self._weights()
        if (signs > 0).all():
            return np.asarray(weights @ planes, dtype=np.float32)
        per_sample = np.repeat((signs * weights).T, self.step * _STRIDE, axis=1)[:, : planes.shape[1]]
        return np.asarray((per_sample * planes).sum(axis=0), dtype=np.float32)

    def _weights(self) -> Planes:
        """Return the weights; where the centre has been silent so far, all channels with sound alike."""
        live = (self.power > _DEAD * self.power.max()) & ~self.deep
        self.facts.silent_centre = self.centre >= 0 and not live[self.centre] and bool(live.any())
        if not self.facts.silent_centre:
            return self.weights
        return np.asarray(live / live.sum(), dtype=np.float32)


def mix_weights(channels: list[str]) -> NDArray[np.float32]:
    """Return the weight of each channel in the mono mix, summing to 1; without a centre all but the deep one alike.

    >>> (mix_weights(["FL", "FR", "FC", "LFE", "BL", "BR"]) * 20).round().tolist()
    [3.0, 3.0, 14.0, 0.0, 0.0, 0.0]
    >>> mix_weights(["FL", "FR", "LFE"]).tolist()
    [0.5, 0.5, 0.0]
    """
    if "FC" in channels and len(channels) > 2:
        known = {"FC": 0.7, "FL": 0.15, "FR": 0.15}
        weights = np.array([known.get(channel, 0.0) for channel in channels], dtype=np.float32)
    else:
        weights = np.array([channel != "LFE" for channel in channels], dtype=np.float32)
        weights = weights if weights.any() else np.ones(len(channels), dtype=np.float32)
    return np.asarray(weights / weights.sum(), dtype=np.float32)
