"""Marks of who speaks in several scripts: bullets and marks around names, manners, dashes and turns."""

from __future__ import annotations

import pytest

from audiorole.dataset.subtitles import read_bytes, split
from tests.dataset.subtitles.test_splitting import cues, told

# Four people; the last two speak once.
TURNS = (0, 1, 0, 1, 0, 1, 0, 1, 2, 0, 1, 3)
SCRIPTS = {
    "latin": (("Faye", "Joe", "Azura", "Jimmy"), ("Will you stop?", "Okay, I will.", "They come!", "I knew it.")),
    "small": (("faye", "joe", "azura", "jimmy"), ("Will you stop?", "Okay, I will.", "They come!", "I knew it.")),
    "long": (
        ("Mrs. Robinson", "Guard #2", "Lady of the Lake", "José María"),
        ("Will you stop?", "Okay, I will.", "They come!", "I knew it."),
    ),
    "hard": (("O'Brien", "R2-D2", "Agent 47", "D'Artagnan"), ("Will you stop?", "Fine.", "They come!", "I knew it.")),
    "ru": (("Марина", "Иван", "Ольга", "Пётр"), ("Ты перестанешь?", "Хорошо.", "Они идут!", "Я знал.")),
    "el": (("Μαρία", "Γιώργος", "Ελένη", "Νίκος"), ("Θα σταματήσεις;", "Εντάξει.", "Έρχονται!", "Το ήξερα.")),
    "zh": (("小红", "张三", "李四", "王五"), ("你能别这样吗？", "好吧。", "他们来了！", "我就知道。")),
    "ko": (("지은", "민수", "영희", "철수"), ("그만할래?", "알았어.", "그들이 온다!", "알고 있었어.")),
    "ar": (("سارة", "أحمد", "ليلى", "خالد"), ("هل ستتوقف؟", "حسنا.", "إنهم قادمون!", "كنت أعرف.")),
    "he": (("שרה", "דוד", "רחל", "משה"), ("תפסיק כבר?", "בסדר.", "הם באים!", "ידעתי.")),
    "hi": (("सीता", "राम", "गीता", "मोहन"), ("क्या तुम रुकोगे?", "ठीक है।", "वे आ रहे हैं!", "मुझे पता था।")),
    "th": (("สมหญิง", "สมชาย", "มาลี", "วิชัย"), ("หยุดได้ไหม", "ตกลง", "พวกเขามา", "ฉันรู้แล้ว")),
}
CASELESS = ("zh", "ko", "ar", "he", "hi", "th")

SURE = [
    "— {n}: {t}", "• {n}: {t}", "* {n}: {t}", "» {n}: {t}", "›› {n}: {t}", "> {n}: {t}", "▶ {n}: {t}", "1. {n}: {t}",
    "*{n}*: {t}", "**{n}**: {t}", "**{n}:** {t}", "_{n}_: {t}", '"{n}": {t}', "「{n}」：{t}", "<{n}>: {t}",
    "[{n} on phone]: {t}", "[{n}: whispering] {t}", "[{n} | whispering] {t}", "[{n}/whispering] {t}",
    "{n}, off: {t}", "{n}, on the radio: {t}", "{n}, am Telefon: {t}", "{n}: - {t}", "({n}) - {t}", "[{n}]:\n{t}",
]  # fmt: skip
BY_HABIT = [
    "「{n}」{t}", "《{n}》{t}", "〈{n}〉{t}", "≪{n}≫{t}", "*{n}* {t}", "~{n}~ {t}", "={n}= {t}", "-= {n} =- {t}",
    "{n}; {t}", "{n}> {t}", "{n} | {t}", "{n}\n{t}", "<i>{n}</i>\n{t}",
]  # fmt: skip


def lines(shape: str, script: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return who says what as the file is read, and as it is."""
    names, texts = SCRIPTS[script]
    said = [(names[who], texts[at % 4]) for at, who in enumerate(TURNS)]
    found = split(cues(*(shape.format(n=name, t=text) for name, text in said)))
    return told(found), said


@pytest.mark.parametrize("shape", SURE)
def test_a_name_with_a_colon_or_in_brackets(shape: str) -> None:
    for script in SCRIPTS:
        found, said = lines(shape, script)
        assert found == said, script


@pytest.mark.parametrize("shape", BY_HABIT)
def test_a_name_by_the_habit_of_the_file(shape: str) -> None:
    for script in SCRIPTS:
        found, said = lines(shape, script)
        often = [at for at, who in enumerate(TURNS) if who < 2 or script not in CASELESS]
        assert [found[at] for at in often] == [said[at] for at in often], script
        assert all(speaker in ("", name) for (speaker, _), (name, _) in zip(found, said, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("－はい？\n－いいえ。", ["はい？", "いいえ。"]),
        ("ー はい？\nー いいえ。", ["はい？", "いいえ。"]),
        ("⁃ Yes?\n⁃ No.", ["Yes?", "No."]),
        ("• Yes?\n• No.", ["Yes?", "No."]),
        ("﹣Yes?\n﹣No.", ["Yes?", "No."]),
        ("-Yes?-No.", ["Yes?", "No."]),
        ("-Oui.-Non.", ["Oui.", "Non."]),
        ("-是吗？-不。", ["是吗？", "不。"]),
        ("I-- - What?", ["I--", "What?"]),
        ("» Yes?\n» No.", ["Yes?", "No."]),
        ("&gt; Yes?\n&gt; No.", ["Yes?", "No."]),
        ("›› Yes?\n›› No.", ["Yes?", "No."]),
        (">>Yes?>>No.", ["Yes?", "No."]),
        ("כן? -\nלא. -", ["כן?", "לא."]),
        ("\u202b- כן?\u202c\n\u202b- לא.\u202c", ["כן?", "לא."]),
        ("- نعم؟\n- لا.", ["نعم؟", "لا."]),
        ("- Yes?|- No.", ["Yes?", "No."]),
        ("ANN: Yes? / BEN: No.", ["Yes?", "No."]),
        ("ANN: Yes? | BEN: No.", ["Yes?", "No."]),
    ],
)
def test_two_people_in_one_cue(text: str, expected: list[str]) -> None:
    found = split(cues("ANN: Oh.", "BEN: Ah.", "ANN: So.", "BEN: Mm.", text))
    assert [line.text for line in found.lines][4:] == expected


@pytest.mark.parametrize(
    "text",
    [
        "- J.-P. is here.", "Il dit « oui »\net « non ».", "It is <5 and >3.", "Joe, listen: I am here.",
        '"Yes" is all she said.', "*cough* Sorry.", "We|l, |'m here.", "Fast and/or loose: both.", "3 > 2 is right.",
    ],
)  # fmt: skip
def test_what_looks_like_a_mark_stays(text: str) -> None:
    (line,) = [line for line in split(cues("Oh.", "Ah.", text, "So.", "Mm.")).lines if line.cue.index == 3]
    assert (line.cue.speaker, line.text) == ("", text.lstrip("- ").replace("\n", " "))


def test_a_bar_of_another_format_is_a_row() -> None:
    data = "1\n00:00:01,000 --> 00:00:03,000\nI was here,|and you|Were not.\n"
    assert [line.text for line in split(read_bytes(data.encode(), "a.srt").cues).lines] == [
        "I was here, and you Were not."
    ]
