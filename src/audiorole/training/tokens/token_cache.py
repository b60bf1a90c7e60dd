"""Codes on disk: found once for each sound, its bounds and its tokenizer, and never again.

    {folder}/{digest}.u16    codes of many sounds, one after the other, little-endian uint16
    {folder}/{digest}.json   key → [first code, number of codes] in the shard of the same name

A shard is named by its content and complete before its index exists, so a killed run leaves nothing half-written, and
any number of processes may add to one folder.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from audiorole.core.disk import write_atomic
from audiorole.errors import ConfigError

Codes = npt.NDArray[np.uint16]
Waveform = npt.NDArray[np.float32]
log = logging.getLogger(__name__)

Encode = Callable[[Sequence[Waveform]], Sequence[Codes]]
"""Waveforms, each float32 `(num_samples,)`, to their codes."""


def token_key(audio_hash: str, start: float, end: float, fingerprint: str) -> str:
    """Return the key of a span's codes: the same sound in other bounds has other codes."""
    return hashlib.sha256(f"{audio_hash}\0{start:.6f}\0{end:.6f}\0{fingerprint}".encode()).hexdigest()


def waveform_hash(waveform: Waveform) -> str:
    """Return a SHA-256 of the samples of a line that was cut already."""
    return hashlib.sha256(np.ascontiguousarray(waveform, dtype="<f4").tobytes()).hexdigest()


@dataclass
class TokenCache:
    """Codes by key. Reads map the shards into memory; nothing is loaded that is not asked for."""

    folder: Path
    _places: dict[str, tuple[Path, int, int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for index in sorted(self.folder.glob("*.json")):
            if _is_whole(index):
                self._add(index, msgspec.json.decode(index.read_bytes(), type=dict[str, tuple[int, int]]))
            else:
                log.warning("%s or the codes beside it are damaged: the codes are found again.", index)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def read(self, key: str) -> Codes:
        """Return the codes of `key`, uint16 `(codes,)`. Raises `KeyError` if they are not here."""
        shard, start, count = self._places[key]
        if count == 0:
            return np.zeros(0, dtype=np.uint16)
        return np.array(np.memmap(shard, dtype="<u2", mode="r", offset=2 * start, shape=(count,)))

    def write(self, codes: Mapping[str, Codes]) -> None:
        """Add one shard with `codes`."""
        if not codes:
            return
        starts = np.cumsum([0, *(len(part) for part in codes.values())])
        places = {key: (int(start), len(codes[key])) for key, start in zip(codes, starts, strict=False)}
        data = np.concatenate(list(codes.values())).astype("<u2").tobytes()
        index = msgspec.json.encode(places)
        name = hashlib.sha256(index + data).hexdigest()[:32]
        write_atomic(self.folder / f"{name}.u16", data)
        write_atomic(self.folder / f"{name}.json", index)
        self._add(self.folder / f"{name}.json", places)

    def _add(self, index: Path, places: Mapping[str, tuple[int, int]]) -> None:
        shard = index.with_suffix(".u16")
        self._places |= {key: (shard, start, count) for key, (start, count) in places.items()}


def tokenize(
    utterances: Iterable[str],
    waveform_of: Callable[[str], Waveform],
    find_codes: Encode,
    cache: TokenCache,
    fingerprint: str,
    shard_utterances: int = 512,
    known: Mapping[str, str] = {},
) -> Iterator[tuple[str, str]]:
    """Yield `(utterance, key)` for each utterance, with its codes in `cache`; find only those that are not there.

    waveform_of: the line's samples at the tokenizer's sample rate. A shard is written every `shard_utterances`.
    known: the keys of a run that goes on. Raises `ConfigError`, before anything is written, where a line has another
    key: its sound or the tokenizer is not what it was.
    """
    rest = iter(utterances)
    while block := list(islice(rest, shard_utterances)):
        waveforms = {utterance: waveform_of(utterance) for utterance in block}
        keys = {utterance: token_key(waveform_hash(w), 0, len(w), fingerprint) for utterance, w in waveforms.items()}
        if known and (changed := [utterance for utterance, key in keys.items() if known.get(utterance) != key]):
            raise ConfigError(f"The run was made with another sound of {changed[0]!r}, or another speech tokenizer.")
        missing = {keys[utterance]: waveforms[utterance] for utterance in block if keys[utterance] not in cache}
        cache.write(dict(zip(missing, find_codes(list(missing.values())), strict=True)))
        yield from keys.items()


def _is_whole(index: Path) -> bool:
    """Return whether a shard and its index are as they were written: their name is their hash."""
    try:
        data = index.read_bytes() + index.with_suffix(".u16").read_bytes()
    except OSError:
        return False
    return hashlib.sha256(data).hexdigest()[:32] == index.stem
