"""A line as a card: who says it and how surely, why, what the subtitle showed and what was heard."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audiorole.report.clips import PageClip
from audiorole.report.sampling import LineSample, LineSamples
from audiorole.report.timeline import MUSIC, OFF_SCREEN, OVERLAPPED, Roles, marks, shortened
from audiorole.report.wording import cue_sentence
from audiorole.types import Evidence, Utterance

LEDGER_SCALE = 4.0
"""Log-odds that fill half of a ledger's width where no cue is stronger: odds of 55 to 1."""

WAVE_STEP = 3

GROUP_TITLES = {"surest": "Surest", "least": "Least sure", "random": "At random"}


@dataclass(frozen=True)
class LedgerRow:
    """One cue's contribution; left, width: of its bar in percent, the middle being 50."""

    cue: str
    meaning: str
    note: str
    log_odds: float
    left: float
    width: float


@dataclass(frozen=True)
class ShownWord:
    """A word of one text; differs: the other text does not have it there."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Card:
    """One line, ready for the template. clip: number of its audio or -1; wave: SVG path of its loudness."""

    line: Utterance
    text: str
    colour: int | None
    clip: int
    wave: str
    ledger: tuple[LedgerRow, ...]
    shown: tuple[ShownWord, ...]
    heard: tuple[ShownWord, ...]
    notes: tuple[str, ...]
    signal: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """Cards chosen in one way. name: `surest`, `least` or `random`."""

    name: str
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class CardGroup:
    """The cards of one character (None: everyone)."""

    character: str | None
    kinds: tuple[Kind, ...]


def card_groups(
    samples: LineSamples, roles: Roles, clips: Mapping[str, int], sounds: Mapping[str, PageClip]
) -> list[CardGroup]:
    """Return all groups of cards, everyone's first; clips: id of a line → number of its clip."""

    def kinds(sample: LineSample) -> Iterator[Kind]:
        for name, lines in sample.groups():
            yield Kind(name, GROUP_TITLES[name], tuple(_card(line, roles, clips, sounds) for line in lines))

    groups = (CardGroup(character, tuple(kinds(sample))) for character, sample in samples.samples.items())
    return [group for group in groups if group.kinds]


def _card(line: Utterance, roles: Roles, clips: Mapping[str, int], sounds: Mapping[str, PageClip]) -> Card:
    shown, heard = _compared(line)
    return Card(
        line=line,
        text=shortened(line.text),
        colour=roles.colour(line.who),
        clip=clips.get(line.id, -1),
        wave=wave_path(sounds[line.id].peaks) if line.id in sounds else "",
        ledger=tuple(_ledger(line.naming.evidence)) if line.naming else (),
        shown=shown,
        heard=heard,
        notes=tuple(_notes(line)),
        signal=tuple(_signal(line)),
    )


def _ledger(evidence: Sequence[Evidence]) -> Iterator[LedgerRow]:
    scale = max([LEDGER_SCALE, *(abs(entry.log_odds) for entry in evidence)])
    for entry in sorted(evidence, key=lambda entry: -abs(entry.log_odds)):
        width = round(50 * abs(entry.log_odds) / scale, 2)
        left = 50.0 if entry.log_odds >= 0 else round(50 - width, 2)
        yield LedgerRow(entry.cue, cue_sentence(entry.cue), entry.note, entry.log_odds, left, width)


def _compared(line: Utterance) -> tuple[tuple[ShownWord, ...], tuple[ShownWord, ...]]:
    """Return the subtitle's words and the heard ones, marked where they differ; none where nothing was heard."""
    heard = shortened(line.transcript.text) if line.transcript else ""
    if not heard or not line.cue:
        return (), ()
    return compared_words(shortened(line.text), heard)


def compared_words(first: str, second: str) -> tuple[tuple[ShownWord, ...], tuple[ShownWord, ...]]:
    """Return the words of two texts, marked where they differ in more than case and punctuation."""
    a, b = first.split(), second.split()
    matcher = difflib.SequenceMatcher(None, [_plain(word) for word in a], [_plain(word) for word in b], autojunk=False)
    same_a, same_b = set[int](), set[int]()
    for block in matcher.get_matching_blocks():
        same_a.update(range(block.a, block.a + block.size))
        same_b.update(range(block.b, block.b + block.size))
    return (
        tuple(ShownWord(word, place not in same_a) for place, word in enumerate(a)),
        tuple(ShownWord(word, place not in same_b) for place, word in enumerate(b)),
    )


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum()) or word


def _notes(line: Utterance) -> Iterator[str]:
    """Yield what is worth knowing about the line's sound, in a word or two each."""
    found = marks(line)
    if found & OVERLAPPED and line.speech:
        yield f"overlapped {line.speech.overlap_share:.0%}"
    if found & MUSIC and line.speech:
        yield f"music {line.speech.music_share:.0%}"
    if found & OFF_SCREEN:
        yield "off screen"
    if line.quality:
        yield f"tier {line.quality.tier}"


def _signal(line: Utterance) -> Iterator[str]:
    """Yield the figures behind the line's tier."""
    if line.quality and line.quality.dnsmos is not None:
        yield f"DNSMOS {line.quality.dnsmos:.1f}"
    if line.quality and line.quality.snr_db is not None:
        yield f"SNR {line.quality.snr_db:.0f} dB"
    if line.quality and line.quality.bandwidth is not None:
        yield f"bandwidth {line.quality.bandwidth / 1000:.1f} kHz"


def wave_path(peaks: str) -> str:
    """Return an SVG path of bars around the middle of a strip `WAVE_STEP` units a digit wide and 20 high."""
    parts = []
    for place, digit in enumerate(peaks):
        half = max(0.5, int(digit))
        parts.append(f"M{WAVE_STEP * place + 1} {10 - half:g}v{2 * half:g}")
    return "".join(parts)
