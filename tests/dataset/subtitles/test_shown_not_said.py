"""What is shown but not said leaves no word in a line: scrolling rows, other languages, notes, signs, songs."""

from __future__ import annotations

import pytest

from audiorole.dataset.subtitles import RawCue, Split, read_bytes, split
from tests.dataset.subtitles.test_marks import ass
from tests.dataset.subtitles.test_splitting import cues

ROWS = ["will you quit doing that", "okay", "wow i feel so funky", "jim am i glad to see you", "again"]


def timed(*rows: tuple[float, float, str]) -> Split:
    return split([RawCue(index=at, start=start, end=end, text=text) for at, (start, end, text) in enumerate(rows, 1)])


def words(found: Split) -> list[str]:
    return " ".join(line.text for line in found.lines).split()


def two_row_scroll() -> Split:
    """Each cue shows the row before and the new one."""
    shown = [(2.0 * at, 2.0 * at + 2, "\n".join(ROWS[max(0, at - 1) : at + 1])) for at in range(5)]
    return timed(*shown)


def three_row_scroll() -> Split:
    shown = [(2.0 * at, 2.0 * at + 2, "\n".join(ROWS[max(0, at - 2) : at + 1])) for at in range(5)]
    return timed(*shown)


def finished_rows() -> Split:
    """As video sites write them: the new row, then a moment of the finished row alone."""
    shown: list[tuple[float, float, str]] = []
    for at, row in enumerate(ROWS):
        before = ROWS[at - 1] if at else " "
        tagged = row.replace(" ", "<00:00:01.000><c> ", 1)
        shown += [(2.0 * at, 2.0 * at + 1.99, f"{before}\n{tagged}"), (2.0 * at + 1.99, 2.0 * at + 2, f"{row}\n ")]
    return timed(*shown)


def growing_rows() -> Split:
    """Word by word."""
    shown: list[tuple[float, float, str]] = []
    for at, row in enumerate(ROWS):
        parts = row.split()
        for count in range(1, len(parts) + 1):
            start = 2.0 * at + 0.3 * (count - 1)
            end = 2.0 * at + (0.3 * count if count < len(parts) else 2.0)
            shown.append((start, end, " ".join(parts[:count])))
    return timed(*shown)


@pytest.mark.parametrize("scroll", [two_row_scroll, three_row_scroll, finished_rows, growing_rows])
def test_scrolling_captions_say_each_word_once_when_it_appears(scroll: object) -> None:
    assert callable(scroll)
    found = scroll()
    assert words(found) == " ".join(ROWS).split()
    assert [line.start for line in found.lines] == [2.0 * at for at in range(5)]
    assert all(line.end <= line.start + 2.01 for line in found.lines)


def one_row() -> Split:
    """Rows that a tool has put into one."""
    return timed(*((2.0 * at, 2.0 * at + 2, " ".join(ROWS[max(0, at - 1) : at + 1])) for at in range(5)))


def twice() -> Split:
    return timed(*((2.0 * at + half, 2.0 * at + half + 1, ROWS[at]) for at in range(5) for half in (0, 1)))


def letter_by_letter() -> Split:
    shown: list[tuple[float, float, str]] = []
    for at, row in enumerate(ROWS):
        steps = [*range(1, len(row), 4), len(row)]
        ends = [*(2.0 * at + 0.1 * (step + 1) for step in range(len(steps) - 1)), 2.0 * at + 2]
        shown += [(2.0 * at + 0.1 * step, ends[step], row[:count]) for step, count in enumerate(steps)]
    return timed(*shown)


def punctuated_later() -> Split:
    """The row that stands has got its full stop."""
    shown = [(2.0 * at, 2.0 * at + 2, f"{ROWS[at - 1]}.\n{ROWS[at]}" if at else ROWS[0]) for at in range(5)]
    return timed(*shown)


@pytest.mark.parametrize("scroll", [one_row, twice, letter_by_letter, punctuated_later])
def test_other_ways_of_showing_words_again(scroll: object) -> None:
    assert callable(scroll)
    found = scroll()
    assert words(found) == " ".join(ROWS).split()
    assert [line.start for line in found.lines] == [2.0 * at for at in range(5)]


def test_people_who_repeat_themselves_are_no_scrolling_captions() -> None:
    found = split(cues("No.", "No.", "Why not?", "Why not?\nBecause.", "I see.", "Good.", gap=0.5))
    assert [line.text for line in found.lines] == ["No.", "No.", "Why not?", "Why not? Because.", "I see.", "Good."]


ENGLISH = [
    "The kettle is on the fire.",
    "I heard it whistle in the kitchen.",
    "Then pour the tea, my dear.",
    "In a minute, I am busy with the bread.",
    "Who is behind the door?",
    "It is only the postman with the letters.",
]
OTHERS = {
    "zh": "水壶在火上。|我听到它在厨房里响。|那就倒茶吧，亲爱的。|等一下，我在忙着做面包。|"
    "门后面是谁？|只是邮递员送信来了。",
    "ru": "Чайник на огне.|Я слышал, как он свистел на кухне.|Тогда налей чай, дорогая.|Сейчас, я занята хлебом.|"
    "Кто за дверью?|Это только почтальон с письмами.",
    "ja": "やかんが火にかかっている。|台所で鳴るのが聞こえた。|じゃあお茶をいれて。|ちょっと待って、忙しい。|"
    "ドアの後ろにいるのは誰？|手紙を持った郵便屋さんだけだよ。",
    "es": "La tetera está en el fuego.|La oí silbar en la cocina.|Entonces sirve el té, querida.|"
    "En un minuto, estoy ocupada con el pan.|¿Quién está detrás de la puerta?|Es solo el cartero con las cartas.",
    "cs": "Konvice je na ohni.|Slyšel jsem ji pískat v kuchyni.|Tak nalij čaj, má milá.|"
    "Za chvíli, mám práci s chlebem.|Kdo je za dveřmi?|To je jen pošťák s dopisy.",
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("first", ["en", "other"])
@pytest.mark.parametrize("spoken", ["en", "other"])
def test_two_languages_in_every_cue(other: str, first: str, spoken: str) -> None:
    pairs = zip(ENGLISH, OTHERS[other].split("|"), strict=True)
    texts = [f"{en}\n{foreign}" if first == "en" else f"{foreign}\n{en}" for en, foreign in pairs]
    found = split(cues(*texts), language="en" if spoken == "en" else other)
    assert [line.text for line in found.lines] == (ENGLISH if spoken == "en" else OTHERS[other].split("|"))
    assert [out.reason for out in found.left] == ["other_language"] * 6
    assert [out.shown for out in found.left] == (OTHERS[other].split("|") if spoken == "en" else ENGLISH)


@pytest.mark.parametrize("other", ["zh", "ru", "es", "cs"])
@pytest.mark.parametrize(
    "shape",
    ["- {a}\n- {b}", "ANN: {a}\nANN: {b}", "{a} / {b}", "{a} | {b}", "{a}\n({b})", "({a})\n{b}", "{a}\n[{b}]",
     "{a}\n<i>{b}</i>", "{b}\n（{a}）"],
)  # fmt: skip
def test_two_languages_however_they_are_set_apart(other: str, shape: str) -> None:
    for spoken in ("en", other):
        pairs = zip(ENGLISH, OTHERS[other].split("|"), strict=True)
        found = split(cues(*(shape.format(a=en, b=foreign) for en, foreign in pairs)), language=spoken)
        assert [line.text for line in found.lines] == (ENGLISH if spoken == "en" else OTHERS[other].split("|"))


def test_two_people_of_each_language_in_a_cue() -> None:
    other = OTHERS["cs"].split("|")
    rows = ["\n".join(f"- {text}" for text in (*ENGLISH[at : at + 2], *other[at : at + 2])) for at in (0, 2, 4)] * 2
    assert [line.text for line in split(cues(*rows), language="cs").lines] == other * 2


def test_without_a_language_the_one_with_more_letters_stays() -> None:
    found = split(cues(*(f"{zh}\n{en}" for en, zh in zip(ENGLISH, OTHERS["zh"].split("|"), strict=True))))
    assert [line.text for line in found.lines] == ENGLISH


def test_two_languages_in_cues_of_their_own_at_one_time() -> None:
    pairs = list(zip(ENGLISH, OTHERS["ru"].split("|"), strict=True))
    found = timed(*((3.0 * at, 3.0 * at + 2, text) for at, pair in enumerate(pairs) for text in pair))
    assert [line.text for line in found.lines] in (ENGLISH, OTHERS["ru"].split("|"))
    assert [out.reason for out in found.left] == ["other_language"] * 6


@pytest.mark.parametrize(
    "texts",
    [
        ["The kettle is\non the fire.", "I heard it\nin the kitchen.", "Then pour\nthe tea.", "Now\nI am busy."] * 2,
        ["Я люблю\nThe Beatles.", "Да, это\nправда.", "Нет, это\nне так.", "Ну\nладно."],
        ["MARTA\nЧайник на огне.", "OLLE\nЯ слышал.", "MARTA\nНалей чай.", "OLLE\nСейчас."],
        ["東京\nTOKYO タワー", "はい。\nそうです。", "いいえ。\n違います。"],
    ],
)  # fmt: skip
def test_one_language_stays_whole(texts: list[str]) -> None:
    assert not split(cues(*texts)).left


NOTES = """[TL note: older brother]|(TN: a kind of tea)|(T/N - lit. friend)|{TLN: lit. "friend"}|[T/N: tea]|【译注：茶】
(Translator's note: a pun)|(N.d.T.: un thé)|(Note du traducteur : un thé)|(Anm. d. Ü.: Tee)|(pozn. překl.: čaj)
[Translation note: pun]|(прим. пер.: чай)|[TLN: tea]|(TL Note: tea)""".replace("\n", "|").split("|")


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("place", ["{note}\nPour the tea.", "Pour the tea.\n{note}", "Pour the tea. {note}"])
def test_notes_of_translators(note: str, place: str) -> None:
    found = split(cues(place.format(note=note), "Yes."))
    assert [line.text for line in found.lines] == ["Pour the tea.", "Yes."]
    assert [(out.reason, out.shown) for out in found.left] == [("note", note)]


@pytest.mark.parametrize("note", ["TL note: older brother", "TN: a kind of tea", "Translator's note - a pun"])
def test_a_note_without_brackets_goes_on_to_the_end_of_the_cue(note: str) -> None:
    found = split(cues(f"Pour the tea.\n{note}\nand a drink", "Yes."))
    assert [line.text for line in found.lines] == ["Pour the tea.", "Yes."]
    assert [out.reason for out in found.left] == ["note"]


def test_a_note_alone_is_no_line() -> None:
    assert [out.reason for out in split(cues("[TL note: a pun]", "Yes.")).left] == ["note"]


@pytest.mark.parametrize(
    ("style", "name", "text", "reason"),
    [
        ("Signs", "", "Village Post Office", "sign"),
        ("Sign_Main", "", "Village Post Office", "sign"),
        ("Title", "", "The Lost Kettle", "sign"),
        ("Default", "Sign", "Village Post Office", "sign"),
        ("Default", "", r"{\pos(320,60)\fad(100,100)}Village Post Office", "sign"),
        ("Board", "", r"{\move(0,0,9,9)}Open today.", "sign"),
        ("OP - English", "", "Over the river", "music"),
        ("ED2", "", "Over the river", "music"),
        ("Insert Song", "", "Over the river", "music"),
        ("Karaoke", "", "Over the river", "music"),
        ("Default", "", r"{\k20}Over {\k30}the {\kf40}river", "music"),
        ("Default", "", r"{\K20}Over {\ko30}the river", "music"),
        ("TL Notes", "", "Tea is a drink.", "note"),
        ("Default", "", "♪ Over the river", "music"),
    ],
)
def test_signs_songs_and_karaoke(style: str, name: str, text: str, reason: str) -> None:
    talk = [("Default", "Joe", "Pour the tea."), ("Default", "", "In a minute."), ("Default", "", "Now.")]
    found = ass(*talk, (style, name, text))
    assert [line.text for line in found.lines] == ["Pour the tea.", "In a minute.", "Now."]
    assert [out.reason for out in found.left] == [reason]


@pytest.mark.parametrize(
    ("style", "name", "text"),
    [
        ("Default", "Ed", "Pour the tea."),
        ("Ed", "", "Pour the tea."),
        ("Default", "", r"{\pos(320,400)}Pour the tea."),
        ("Default", "", r"{\an8}Pour the tea"),
        ("Captions", "", "Pour the tea."),
    ],
)
def test_dialogue_that_looks_a_little_like_a_sign(style: str, name: str, text: str) -> None:
    usual = "Default" if style in ("Default", "Ed") else style
    found = ass((usual, "", "One."), (usual, "", "Two."), (style, name, text))
    assert len(found.lines) == 3


def test_comments_of_ass_are_not_shown() -> None:
    found = ass(("Default", "", "{check this}Pour {?}the tea."), ("Default", "", "Yes."))
    assert found.lines[0].text == "Pour the tea."


def test_a_video_site_file_as_a_whole() -> None:
    text = (
        "WEBVTT\nKind: captions\nLanguage: en\n\n00:04.918 --> 00:07.300 align:start position:0%\n \n"
        "will<00:05.315><c> you</c><00:05.712><c> quit</c>\n\n00:07.300 --> 00:07.310 align:start position:0%\n"
        "will you quit\n \n\n00:08.373 --> 00:09.342 align:start position:0%\nwill you quit\nokay\n\n"
        "00:09.342 --> 00:09.352 align:start position:0%\nokay\n \n\n"
    )
    found = read_bytes(text.encode(), "a.en.vtt")
    lines = split(found.cues, found.source).lines
    assert [(line.start, line.text) for line in lines] == [(4.918, "will you quit"), (8.373, "okay")]


@pytest.mark.parametrize("divider", [" / ", " | ", " ", "／"])
def test_two_languages_on_one_row(divider: str) -> None:
    pairs = list(zip(ENGLISH, OTHERS["zh"].split("|"), strict=True))
    for texts in ([f"{en}{divider}{zh}" for en, zh in pairs], [f"{zh}{divider}{en}" for en, zh in pairs]):
        found = split(cues(*texts), language="en")
        assert [line.text for line in found.lines] == ENGLISH
        assert [out.reason for out in found.left] == ["other_language"] * 6


def test_a_name_in_another_script_is_no_other_language() -> None:
    found = split(cues("JOE: 你在做什么", "ANN: 好吧", "JOE: 我觉得很奇怪", "ANN: 见到你真高兴"))
    assert [line.cue.speaker for line in found.lines] == ["JOE", "ANN"] * 2
    assert not found.left
