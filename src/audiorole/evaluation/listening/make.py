"""From an evaluation to a listening test: its page, its key, and what it is too small for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from audiorole.evaluation.items import build_items
from audiorole.evaluation.listening.design import Key, Plan
from audiorole.evaluation.listening.page import make_test, write_test
from audiorole.evaluation.listening.power import design_notes
from audiorole.evaluation.listening.stimuli import check_dataset, chosen_systems, reply_sounds, shared_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.results.results import read_results
from audiorole.evaluation.run.files import read_suite


@dataclass(frozen=True)
class MadeTest:
    """A written test. clips: the folder beside the page, None where the page holds them; size: bytes of the clips.

    notes: what it can find, and what it is too small for.
    """

    key: Key
    clips: Path | None
    size: int
    notes: tuple[str, ...]


def make_listening_test(
    dataset: Path, out: Path, page: Path, key: Path, systems: tuple[str, ...] = (), items: int = 24, blocks: int = 8
) -> MadeTest:
    """Write the listening test of the evaluation `out` of `dataset`.

    systems: default all under test, and the gold line. Raises InputError, ConfigError, UnknownNameError.
    """
    names = chosen_systems(read_results(out), systems)
    corpus, suite, plan = open_published(dataset), read_suite(out), Plan(blocks=blocks)
    chosen = shared_items(out, names, items)
    check_dataset(dataset, corpus, chosen, out)
    sound = reply_sounds(out, corpus, build_items(corpus, suite))
    made, sealed = make_test(chosen, names, sound, plan, secrets.token_hex(8), out.resolve().name)
    clips = write_test(made, sealed, page, key)
    characters = len({character for _, character in chosen})
    notes = design_notes(len(names), len(chosen), characters, plan)
    return MadeTest(sealed, clips, made.size, tuple(notes))
