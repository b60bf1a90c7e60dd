"""Converse: scenes, dialogues and turns; for each line the turns before it, and whom it is said to."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec
import numpy as np

from audiorole.dataset.lines.scenes import SceneModel, is_scene_break, scene_features
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Place, Record, Utterance


@dataclass(frozen=True)
class Converse(EpisodeStage[Utterance]):
    """max_pause: seconds of silence within a scene after which a new dialogue begins.

    context_turns: how many earlier turns a line carries; VoxRole found six best.
    """

    name: ClassVar[str] = "converse"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("listen",)
    version: ClassVar[int] = 2
    cost: ClassVar[float] = 0.0002
    max_pause: float = 6.0
    context_turns: int = 6
    scenes: SceneModel = field(default_factory=SceneModel)

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines with their places."""
        lines = sorted(records, key=lambda line: (line.start, line.id))
        level = context.array("listen", "level").astype(np.float32)
        speech = context.array("listen", "speech") >= 50
        breaks = is_scene_break(scene_features(lines, level, speech), self.scenes)
        for scene, members in enumerate(_runs(lines, breaks.tolist()), start=1):
            yield from self._scene(scene, members)

    def _scene(self, number: int, lines: list[Utterance]) -> Iterator[Utterance]:
        scene = f"{lines[0].episode}/c{number:03d}"
        pauses = [after.start - before.end > self.max_pause for before, after in itertools.pairwise(lines)]
        for part, members in enumerate(_runs(lines, pauses), start=1):
            yield from self._dialogue(scene, f"{scene.replace('/c', '/d')}.{part:02d}", members)

    def _dialogue(self, scene: str, dialogue: str, lines: list[Utterance]) -> Iterator[Utterance]:
        turns = turns_of(lines)
        for number, turn in enumerate(turns):
            earlier = turns[max(0, number - self.context_turns) : number]
            context = tuple(line.id for before in earlier for line in before)
            for line in turn:
                place = Place(scene, dialogue, number, context, _addressee(turns, number))
                yield msgspec.structs.replace(line, place=place)


def voice_of(line: Utterance) -> str:
    """Return who speaks, as far as is known: the character, else the anonymous speaker, else the line alone."""
    naming = line.naming
    return (naming.character or naming.speaker or line.id) if naming else line.id


def turns_of(lines: list[Utterance]) -> list[list[Utterance]]:
    """Return the lines as turns: consecutive lines of one voice."""
    changes = [voice_of(before) != voice_of(after) for before, after in itertools.pairwise(lines)]
    return list(_runs(lines, changes))


def _runs(lines: list[Utterance], breaks: list[bool]) -> Iterator[list[Utterance]]:
    """Yield the lines cut after every position whose break is True."""
    run: list[Utterance] = []
    for line, cut in zip(lines, [*breaks, True] if lines else [], strict=True):
        run.append(line)
        if cut:
            yield run
            run = []


def _addressee(turns: list[list[Utterance]], number: int) -> str:
    """Return the character who answers next, else the one who spoke before: who is spoken with."""
    own = turns[number][0].character
    after = (turn[0].character for turn in turns[number + 1 :])
    before = (turn[0].character for turn in reversed(turns[:number]))
    return next((name for name in itertools.chain(after, before) if name and name != own), "")
