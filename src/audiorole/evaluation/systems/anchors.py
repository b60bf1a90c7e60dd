"""The anchors: systems whose right order is known. Every run has them; a metric that orders them wrongly fails the run.

They look at what no real system may see (the gold line, other test lines), so they are built from the gallery.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.gallery.scale import bucket
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.words import plain_text, text_distance
from audiorole.types import Dialogue, Utterance

LOOP_SECONDS, LOOP_TIMES = 1.0, 8
NOISE_LEVEL = 0.1


@dataclass(frozen=True)
class Room:
    """What an anchor works with. item: with its gold turn."""

    item: Dialogue
    gallery: Gallery
    listener: Listener
    seed: int

    def audio(self, line: str) -> Waveform:
        """Return the waveform of a real line."""
        return self.gallery.corpus.audio(line)

    def real_line(self, characters: Sequence[str], draw: str = "") -> Utterance:
        """Return a real test line of one of `characters`, of the gold line's length, never the gold line.

        draw: another word draws another line. Raises NoReplyError where they have none.
        """
        gold = self.gallery.corpus.lines[self.item.id]
        lines = [
            self.gallery.corpus.lines[line]
            for name in characters
            for line in self.gallery.items.test_lines.get(name, ())
        ]
        fit = [line for line in lines if line.id != gold.id and line.duration >= self.gallery.suite.items.min_seconds]
        fit = [line for line in fit if plain_text(line.text) != plain_text(gold.text)]
        fit = [line for line in fit if self.gallery.corpus.in_words(line.text)]
        same = [line for line in fit if bucket(line.duration) == bucket(gold.duration)] or fit
        if not same:
            raise NoReplyError("no other real line")
        return min(same, key=lambda line: draw_order(self.seed, f"{draw}{self.item.id} {line.id}"))


Build = Callable[[Room], tuple[Waveform, str]]


@dataclass(frozen=True)
class Anchor:
    """One anchor. build: gives audio and text; gate: the one meant for it, "" for none.

    waives: gates that do not floor it: the gold line is a copy of the gold line, and still the top of the scale.
    """

    name: str
    build: Build
    gate: str = ""
    waives: frozenset[str] = frozenset()


def gold(room: Room) -> tuple[Waveform, str]:
    """The gold line itself."""
    return room.audio(room.item.id), room.item.target.text


def other_line(room: Room) -> tuple[Waveform, str]:
    """Another real line of the character: the ceiling of the voice, chance of the content."""
    return _said(room, [room.item.target.character])


def impostor(room: Room) -> tuple[Waveform, str]:
    """A real line of one of the role's impostors, of its gender where enough are: the floor of the voice."""
    return _said(room, room.gallery.impostors[room.item.target.character])


def random_speaker(room: Room) -> tuple[Waveform, str]:
    """A real line of any other character, of either gender."""
    corpus, role = room.gallery.corpus, room.item.target.character
    others = [name for name in room.gallery.items.test_lines if not corpus.same_voice(name, role)]
    return _said(room, others, draw="random")


def prompt_copy(room: Room) -> tuple[Waveform, str]:
    """The last turn of the prompt, played back."""
    turn = room.item.context[-1]
    return np.concatenate([room.audio(line) for line in turn.utterances]), turn.text


def wrong_text(room: Room) -> tuple[Waveform, str]:
    """The character's voice on another line, passed off as the gold text."""
    return other_line(room)[0], room.item.target.text


def silence(room: Room) -> tuple[Waveform, str]:
    """Digital silence, as long as the gold line."""
    return np.zeros(len(room.audio(room.item.id)), dtype=np.float32), room.item.target.text


def noise(room: Room) -> tuple[Waveform, str]:
    """White noise, as long as the gold line."""
    rng = np.random.default_rng(list(draw_order(room.seed, room.item.id)))
    length = len(room.audio(room.item.id))
    return (NOISE_LEVEL * rng.standard_normal(length)).astype(np.float32), room.item.target.text


def reversed_gold(room: Room) -> tuple[Waveform, str]:
    """The gold line backwards."""
    return np.ascontiguousarray(room.audio(room.item.id)[::-1]), room.item.target.text


def looped(room: Room) -> tuple[Waveform, str]:
    """The loudest second of another real line, eight times over."""
    wave = other_line(room)[0]
    size = round(LOOP_SECONDS * SAMPLE_RATE)
    energy = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    start = int(np.argmax(energy[size:] - energy[:-size])) if len(wave) > size else 0
    return np.tile(wave[start : start + size], LOOP_TIMES), room.item.target.text


def retrieval(room: Room) -> tuple[Waveform, str]:
    """The character's training line whose own prompt is most like this prompt: good content, and a copy."""
    corpus = room.gallery.corpus
    lines = [corpus.lines[line] for line in room.gallery.items.training[room.item.target.character]]
    before = [(line, corpus.lines[line.place.context[-1]]) for line in lines if line.place and _known(room, line)]
    if not before:
        raise NoReplyError("no training line with a context")
    prompt = room.item.context[-1].text
    best = before[int(np.argmax(_likeness(room, prompt, [context.text for _, context in before])))][0]
    return room.audio(best.id), best.text


def _likeness(room: Room, text: str, others: Sequence[str]) -> np.ndarray:
    """Return how like `text` each of `others` is: by meaning, or by words where no text model listens."""
    if room.listener.text is None:
        return np.array([1 - text_distance(text, other) for other in others])
    vectors = room.listener.text_vectors([text, *others])
    return np.asarray(vectors[1:] @ vectors[0])


def _known(room: Room, line: Utterance) -> bool:
    """Return whether `line` is long enough for a reply, in words, and the line before it is known."""
    context = line.place.context if line.place else ()
    usable = line.duration >= room.gallery.suite.items.min_seconds and room.gallery.corpus.in_words(line.text)
    return usable and bool(context) and context[-1] in room.gallery.corpus.lines


def _said(room: Room, characters: Sequence[str], draw: str = "") -> tuple[Waveform, str]:
    line = room.real_line(characters, draw)
    return room.audio(line.id), line.text


_ANCHORS = (
    Anchor("gold", gold, waives=frozenset({"copied"})),
    Anchor("other_line", other_line),
    Anchor("impostor", impostor),
    Anchor("random_speaker", random_speaker),
    Anchor("prompt_copy", prompt_copy, gate="copied"),
    Anchor("wrong_text", wrong_text, gate="text_mismatch"),
    Anchor("silence", silence, gate="no_speech"),
    Anchor("noise", noise, gate="no_speech"),
    Anchor("reversed", reversed_gold, gate="text_mismatch"),
    Anchor("looped", looped, gate="looped"),
    Anchor("retrieval", retrieval, gate="copied"),
)

ANCHORS: dict[str, Anchor] = {anchor.name: anchor for anchor in _ANCHORS}
"""The ten of the design and retrieval, in the order of the report."""


class AnchorSystem:
    """An anchor behind the shape of a system, so that it goes through the same doors."""

    sample_rate = SAMPLE_RATE

    def __init__(self, anchor: Anchor, gallery: Gallery, listener: Listener) -> None:
        self.anchor, self.gallery, self.listener = anchor, gallery, listener
        self._items = {item.id: item for item in gallery.items.items}

    def respond(self, prompt: Prompt) -> Reply:
        """Return the anchor's audio for the prompt's item."""
        room = Room(self._items[prompt.item], self.gallery, self.listener, prompt.seed)
        audio, text = self.anchor.build(room)
        return Reply(audio, SAMPLE_RATE, text, first_audio=0.0)

    def close(self) -> None:
        """Nothing is held."""
