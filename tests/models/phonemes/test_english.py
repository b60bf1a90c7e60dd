"""English text said with a small lexicon: neighbours, homographs, words it does not know, hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("inflect")

from audiorole.models.phonemes.english import EnglishPhonemes
from audiorole.models.phonemes.lexicon import FILES
from audiorole.models.requirements import absent_weights
from tests.models.phonemes.lexicons import small_lexicon

# Kokoro's symbols that English needs; the vocabulary is wider.
ENGLISH = set(';:,.!?—…"()“” AIOTWYabcdefhijklmnopstuvwxzæðŋɐɑɔəɛɜɡɪɹʃʊʌʒʤʧˈˌθᵊᵻ')


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> EnglishPhonemes:
    return EnglishPhonemes(small_lexicon(tmp_path_factory.mktemp("lexicon")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello, Joe!", "həlˈO, ʤˈO!"),
        ("the dog, the apple", "ðə dˈɔɡ, ði ˈæpᵊl"),
        ("a dog, an apple", "ɐ dˈɔɡ, ɐn ˈæpᵊl"),
        ("to eat, to go", "tʊ ˈit, tə ɡˌO"),
        ("water", "wˈɔTəɹ"),
        ("Dr. Joe", "dˈɑktəɹ ʤˈO"),
        ("5 dogs", "fˈIv dˈɔɡz"),
        ("HELLO THE DOG", "həlˈO ðə dˈɔɡ"),
        ("nooooo!", "nˈO!"),
        ("well-washed", "wˈɛlwˈɔʃt"),
        ("Joe’s “dog”", "ʤˈOz “dˈɔɡ”"),
        ("G-go", "ɡˌO"),
    ],
)
def test_what_is_said(say: EnglishPhonemes, text: str, said: str) -> None:
    assert say(text) == said


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("They record dogs", "ɹəkˈɔɹd"),
        ("the record", "ɹˈɛkəɹd"),
        ("He read the record", "ɹˈɛd"),
        ("They will read", "ɹˈid"),
        ("Close the door", "klˈOz"),
        ("the close door", "klˈOs"),
        ("he will be", "bˈi"),
        ("he will be happy", "bi"),
    ],
)
def test_a_word_of_two_sounds_goes_by_its_neighbours(say: EnglishPhonemes, text: str, word: str) -> None:
    assert word in say(text).replace(".", "").split()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("dogs", "dˈɔɡz"),
        ("kisses", "kˈɪsᵻz"),
        ("stopped", "stˈɑpt"),
        ("baked", "bˈAkt"),
        ("wanted", "wˈɑntᵻd"),
        ("cries", "kɹˈIz"),
        ("doghouse", "dˈɔɡhˌWs"),
        ("washin'", "wˈɔʃɪn"),
        ("dog'll", "dˈɔɡəl"),
        ("Hugh", "hjˈu"),
        ("Azura's", "əzˈʊɹəz"),
        ("JOE", "ʤˈO"),
        ("NASA", "nˈæsə"),
        ("XQZ", "ˌɛkskjˌuzˈi"),
        ("Shhh", "ʃ"),
    ],
)
def test_words_made_of_others(say: EnglishPhonemes, word: str, said: str) -> None:
    assert say(word) == said.replace("ɾ", "T")


def test_a_name_in_no_lexicon_is_said_with_one_main_stress(say: EnglishPhonemes) -> None:
    for name in ("Zyrgon", "Quibbletron", "Tekzacortu", "Almaxaquottl", "Brzk"):
        assert name not in say.lexicon
        assert say(name).count("ˈ") == 1 or name == "Brzk"
        assert say(f"{name}'s").startswith(say(name)), "a possessive is its name and one sound"


@pytest.mark.parametrize("text", ["", " ", "…", "***", "你好", "!?", "'", "- -", "\n\t"])
def test_nothing_to_say(say: EnglishPhonemes, text: str) -> None:
    assert say(text) == ""


@given(text=st.text(max_size=80) | st.text(alphabet="aAbz' -.,!?0129/$%:", max_size=60))
@settings(deadline=None, max_examples=150)
def test_only_the_talkers_symbols_whatever_is_written(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    say = EnglishPhonemes(small_lexicon(tmp_path_factory.getbasetemp()))
    assert set(say(text)) <= ENGLISH, text
    assert say(text) == say(text)


def test_a_word_without_end_takes_no_time(say: EnglishPhonemes) -> None:
    assert len(say("a" * 100_000)) < 100
    assert len(say("dog " * 5_000)) < 40_000
    assert len(say("ab" * 50_000)) < 100


@pytest.mark.models
@pytest.mark.skipif(bool(absent_weights(FILES)), reason="audiorole models pull talker")
def test_the_real_lexicons() -> None:
    from audiorole.models.phonemes import load_phonemes

    say = load_phonemes()
    assert say("Hello, Joe.") == "həlˈO, ʤˈO."
    assert say("I used to live here; read the record.") == "ˌI jˈust tə lˈɪv hˈɪɹ; ɹˈid ðə ɹˈɛkəɹd."
    assert say("Hugh, Azura, Naomi") == "hjˈu, əzˈʊɹə, nAˈOmi"
    assert set(say("It's 3:05 p.m., Dr. Smith; $3.50 for 2 1/2 pies?")) <= ENGLISH
