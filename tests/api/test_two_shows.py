"""Two shows with characters of the same names: never mixed, from the build to the chat."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

import audiorole
from audiorole.errors import AmbiguousCharacterError, InputError, UnknownNameError
from audiorole.evaluation.corpus import Corpus, corpus_of
from audiorole.evaluation.items import build_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import Suite
from audiorole.published.lines import published_lines
from audiorole.testing.evaluation import SYNTHETIC_SUITE, speak, synthetic_lines, synthetic_listener
from audiorole.testing.models import fake_models
from audiorole.testing.series import SETTINGS, write_episode
from audiorole.types import Character, Utterance, find_character, shown_names

GARAGE = (
    (0.5, 1.7, "ANNA", "Hand me the spanner, please."),
    (2.2, 3.2, "BEN", "Which one of them?"),
    (3.8, 5.0, "ANNA", "The one that is not bent."),
    (5.5, 6.4, "BEN", "None of them is."),
    (7.0, 7.9, "ANNA", "Then it is the hammer."),
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of two shows; both have an Anna and a Ben, the bakery also a Cora."""
    root = tmp_path_factory.mktemp("shows")
    write_episode(root / "in" / "Bakery", "Bakery.S01E01.flac")
    write_episode(root / "in" / "Garage", "Garage.S01E01.flac", GARAGE, seed=1)
    with fake_models():
        audiorole.build(root / "in", root / "out", settings=SETTINGS, workers=1)
    return root / "out"


def test_the_build_counts_them_apart_and_its_card_says_which(out):
    built = audiorole.open_build(out)
    counts = {count.who: count.lines for count in built.characters}
    assert counts == {"garage/Anna": 3, "bakery/Anna": 2, "bakery/Ben": 2, "garage/Ben": 2, "bakery/Cora": 2}
    card = (out / "dataset" / "README.md").read_text()
    assert all(f"| {name} |" in card for name in ("Anna (garage)", "Anna (bakery)", "Cora"))
    assert {line.episode for line in built.lines("garage/Anna")} == {"garage/s01e01"}
    assert [line.who for line in built.lines("Cora")] == ["bakery/Cora"] * 2
    with pytest.raises(AmbiguousCharacterError, match=r"Say which one: bakery/Anna, garage/Anna\."):
        list(built.lines("Anna"))
    page = built.report.read_text() if built.report.exists() else ""
    assert not page or "Anna (garage)" in page


def test_an_export_has_a_speaker_for_each(out, tmp_path):
    voices = {line.voice: line.values["series"] for line in published_lines(out)}
    named = ("bakery/Anna", "bakery/Ben", "bakery/Cora", "garage/Anna", "garage/Ben")
    assert voices == {who: who.partition("/")[0] for who in named}
    audiorole.export(out, "nemo", tmp_path / "nemo")
    rows = [json.loads(row) for path in (tmp_path / "nemo").glob("*.jsonl") for row in path.read_text().splitlines()]
    assert len(rows) == 11
    assert all(row["speaker"].partition("/")[0] == row["id"].partition("/")[0] for row in rows)


def test_who_chats_is_one_of_them_with_its_own_lines(out):
    voice = audiorole.load_voice(out)
    assert {"bakery/Ben", "garage/Ben"} <= set(voice.characters)
    spoken = {line.text: line.who for line in open_published(out).lines.values()}
    for who in ("bakery/Ben", "garage/Ben"):
        assert spoken[voice.reply("Which spanner is it this morning?", who).text] == who
    with pytest.raises(AmbiguousCharacterError):
        voice.reply("Hello.", "Ben")
    with pytest.raises(UnknownNameError):
        voice.reply("Hello.", "garage/Cora")


def twin_corpus(cast: list[Character] | None = None) -> Corpus:
    """The synthetic cast twice; in the second series the names are another one's voice."""
    first = synthetic_lines(4, 18)
    swapped = dict(
        zip(("Ada", "Bea", "Cleo", "Dan", "Eli", "Finn"), ("Dan", "Eli", "Finn", "Ada", "Bea", "Cleo"), strict=True)
    )
    second = [moved(line, swapped) for line in synthetic_lines(4, 18, seed=5)]
    waves = {line.id: speak(line) for line in first}
    waves |= {new.id: speak(old) for new, old in zip(second, synthetic_lines(4, 18, seed=5), strict=True)}
    return corpus_of([*first, *second], waves.__getitem__, cast or [], "twins")


def moved(line: Utterance, names: dict[str, str]) -> Utterance:
    """Return the line in the series `other`, with the name that stands for its own there."""
    assert line.naming
    assert line.place
    place = msgspec.structs.replace(
        line.place,
        dialogue="other" + line.place.dialogue[3:],
        context=tuple("other" + id_[3:] for id_ in line.place.context),
    )
    naming = msgspec.structs.replace(line.naming, character=names[line.character])
    return msgspec.structs.replace(line, id="other" + line.id[3:], naming=naming, place=place)


def test_an_evaluation_enrols_each_with_its_own_lines_only():
    corpus = twin_corpus()
    found = Evaluation.prepare(corpus, SYNTHETIC_SUITE, synthetic_listener(corpus))
    items, gallery = found.items, found.gallery
    assert {"toy/Ada", "other/Ada"} <= set(items.enrolment)
    for mapping in (items.enrolment, items.training, items.test_lines):
        assert all(line.startswith(who.partition("/")[0] + "/") for who, lines in mapping.items() for line in lines)
    assert all(item.id.startswith(item.target.character.partition("/")[0] + "/") for item in items.items)
    assert (gallery.genders["toy/Ada"], gallery.genders["other/Ada"]) == ("female", "male")
    voices = gallery.spaces["bands"].centroids
    assert float(voices["toy/Ada"] @ voices["other/Dan"]) > 0.99 > float(voices["toy/Ada"] @ voices["other/Ada"])


def test_a_suite_asks_for_one_of_them():
    corpus = twin_corpus()

    def asked(*roles: str) -> Suite:
        return msgspec.structs.replace(
            SYNTHETIC_SUITE, items=msgspec.structs.replace(SYNTHETIC_SUITE.items, roles=roles)
        )

    assert build_items(corpus, asked("other/Ada")).roles == ("other/Ada",)
    with pytest.raises(AmbiguousCharacterError, match="other/Ada, toy/Ada"):
        build_items(corpus, asked("Ada"))


def test_an_actor_is_one_voice_in_both_and_no_impostor_of_it():
    played = [Character("toy/Ada", actor="Jo Roe", gender="female"), Character("other/Dan", actor="Jo Roe")]
    corpus = twin_corpus([*played, Character("other/Ada", gender="male")])
    assert corpus.same_voice("toy/Ada", "other/Dan")
    assert not corpus.same_voice("toy/Ada", "toy/Dan")
    found = Evaluation.prepare(corpus, SYNTHETIC_SUITE, synthetic_listener(corpus))
    role = "toy/Ada" if "toy/Ada" in found.items.roles else found.items.roles[0]
    assert all(not corpus.same_voice(role, name) for name in found.gallery.impostors[role])
    with pytest.raises(AmbiguousCharacterError):
        twin_corpus([Character("Ada", gender="female")])


def test_a_cast_says_of_which_series_it_is(out, tmp_path):
    cast = tmp_path / "cast.toml"
    cast.write_text('series = "garage"\n[[character]]\nname = "Anna"\ngender = "female"\n')
    corpus = open_published(out, cast)
    assert (corpus.gender("garage/Anna"), corpus.gender("bakery/Anna")) == ("female", "")
    cast.write_text('[[character]]\nname = "Anna"\n')
    with pytest.raises(InputError, match=r"cast\.toml: 'Anna' is a character of several series"):
        open_published(out, cast)


def test_names_are_found_and_shown():
    known = ["a/Gus", "b/Gus", "b/Otis/Ray", "b/Zoë"]
    assert [find_character(name, known) for name in ("b/Gus", "Otis/Ray", "Zoë")] == ["b/Gus", "b/Otis/Ray", "b/Zoë"]
    assert shown_names(known)["a/Gus"] == "Gus (a)"
    assert shown_names(known[1:])["b/Gus"] == "Gus"
    with pytest.raises(UnknownNameError, match="Did you mean 'Zoë'"):
        find_character("Zoe", known)
