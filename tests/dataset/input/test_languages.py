import pytest

from audiorole.dataset.input.release.languages import same_language, two_letters


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("slv", "sl"), ("est", "et"), ("lav", "lv"), ("lit", "lt"), ("swa", "sw"), ("nno", "nn"), ("glg", "gl"),
        ("ice", "is"), ("isl", "is"), ("alb", "sq"), ("sqi", "sq"), ("baq", "eu"), ("may", "ms"), ("mac", "mk"),
        ("ENG", "en"), ("zh-Hans", "zh"), ("pt_BR", "pt"), ("sr-Latn-RS", "sr"), (" ger ", "de"), ("de_DE.UTF-8", "de"),
        ("cmn", "zh"), ("yue", "yue"), ("nob", "no"), ("nb", "no"), ("tl", "tl"), ("fil", "tl"), ("iw", "he"),
        ("", ""), ("???", "???"), ("x-default", "x"), ("qaa", "qaa"),
    ],
)  # fmt: skip
def test_every_code_has_one_short_form(code, short):
    assert two_letters(code) == short


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("slv", "sl", True), ("nb", "nor", True), ("rum", "ro-RO", True), ("cs", "sk", False), ("", "en", False)],
)
def test_two_codes_are_one_language_or_not(first, second, same):
    assert same_language(first, second) is same
