"""Who speaks, however a subtitle marks it: each kind of mark in the shapes that people write it in."""

from __future__ import annotations

import pytest

from audiorole.dataset.subtitles import RawCue, Split, read_bytes, split
from tests.dataset.subtitles.test_splitting import cues, told

SAID = ("The kettle is on.", "I heard it.", "Then pour.", "In a minute.")


def spoken(*texts: str) -> list[tuple[str, str]]:
    return told(split(cues(*texts)))


def marked(shape: str, names: tuple[str, str] = ("Marta", "Olle")) -> list[str]:
    """Two people in turn, in a shape such as `[{name}] {text}`."""
    return [shape.format(name=names[at % 2], text=text) for at, text in enumerate(SAID)]


@pytest.mark.parametrize(
    "shape",
    [
        "[{name}] {text}", "({name}) {text}", "【{name}】{text}", "（{name}）{text}", "［{name}］ {text}",
        "[{name}]\n{text}",
        "({name})\n{text}", "[{name}]: {text}", "({name}): {text}", "{name}: {text}", "{name}:{text}", "{name}：{text}",
        "{name}:\n{text}", "{name} : {text}", ">> {name}: {text}", ">>{name}: {text}", ">> [{name}] {text}",
        "&gt;&gt; {name}: {text}", "＞＞ {name}: {text}", ">>> {name}: {text}", "- {name}: {text}", "-{name}: {text}",
        "- [{name}] {text}", "{name} (on phone): {text}", "{name} [ON PHONE]: {text}", "{name} (V.O.): {text}",
        "{name}, on phone: {text}", "{name}, whispering: {text}", "[{name}, on radio] {text}",
        "[{name} - whispering] {text}",
        "({name} on phone) {text}",
        "[{name} laughing] {text}", "{name}: [laughing] {text}", "{name}: (sighs) {text}",
        "[door slams] {name}: {text}", "<b>{name}:</b> {text}", "<i>{name}:</i> {text}",
        '<font color="#ffff00">{name}:</font> {text}',
        "{{\\an8}}{name}: {text}", "<v {name}>{text}</v>", "<v {name}>{text}", "<v.loud {name}>{text}</v>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("names", [("Marta", "Olle"), ("MARTA", "OLLE"), ("Old Marta", "Jan van der Berg")])
def test_the_shapes_of_a_name(shape: str, names: tuple[str, str]) -> None:
    known = [f"[{name}] Hm." for name in (*names, *names)]  # a name with a sound alone is known from elsewhere
    found = spoken(*marked(shape, names), *(known if shape.startswith("[{name} laughing]") else ()))
    own = [line for line in found if line[1] in SAID]
    assert [speaker for speaker, _ in own] == [names[at % 2] for at in range(4)], found
    assert [text for _, text in own] == list(SAID)


@pytest.mark.parametrize(
    "shape", ["[{name}] {text}", "{name}: {text}", "[{name}]\n{text}", "{name} (on phone): {text}"]
)
def test_names_in_small_letters_that_open_every_cue(shape: str) -> None:
    assert spoken(*marked(shape, ("marta", "olle"))) == [
        (["marta", "olle"][at % 2], text) for at, text in enumerate(SAID)
    ]


@pytest.mark.parametrize(
    "shape", ["（{name}）{text}", "({name}) {text}", "{name}：{text}", "[{name}]{text}", "【{name}】\n{text}"]
)
def test_names_in_scripts_without_case(shape: str) -> None:
    assert [speaker for speaker, _ in spoken(*marked(shape, ("マルタ", "オーレ")))] == ["マルタ", "オーレ"] * 2


def test_a_name_that_occurs_once_among_others() -> None:
    texts = [*marked("[{name}] {text}"), *marked("[{name}] {text}"), "[Faye] Once.", "[Chuckles] Fine.", "[Sighs] No."]
    assert spoken(*texts)[-3:] == [("Faye", "Once."), ("", "Fine."), ("", "No.")]
    texts = [*marked("{name}: {text}"), *marked("{name}: {text}"), "Faye: Once.", "Remember: nothing."]
    assert spoken(*texts)[-2:] == [("Faye", "Once."), ("", "Remember: nothing.")]


@pytest.mark.parametrize(
    "texts",
    [
        ("[Sighs] Fine.", "[sighs] Fine.", "[SIGHS] Fine."),
        ("[Door Slams] Hi.", "[Door Slams] Ho.", "[Door Slams]"),
        ("(Laughing) Hi.", "(Laughing) Ho.", "(Quietly) Yes."),
        ("[In Spanish] Hola.", "[In Spanish] Sí.", "[Speaks French] Oui."),
        ("（笑い声）はい。", "（笑い声）いいえ。", "（ドアの音）だれ？"),
        ("[Seufzt] Ja.", "[Seufzt] Nein.", "[Musik] So."),
        ("[Gun Cocks] Hi.", "Okay. [Gun Cocks]", "[Gun Cocks]"),
    ],
)
def test_sounds_are_no_names(texts: tuple[str, ...]) -> None:
    assert {speaker for speaker, _ in spoken(*texts)} == {""}


def test_labels_of_a_diarizer_are_nobody_of_the_series() -> None:
    for first, second in (
        ("SPEAKER_00", "SPEAKER_01"), ("Speaker 1", "Speaker 2"), ("spk_0", "spk_1"), ("S1", "S2"),
        ("speaker a", "speaker b"),
        ("Guest-1", "Guest-2"), ("Sprecher 1", "Sprecher 2"), ("话者1", "话者2"), ("スピーカー1", "スピーカー2"),
        ("Osoba 1", "Osoba 2"),
        ("Ομιλητής 1", "Ομιλητής 2"), ("דובר 1", "דובר 2"), ("Locutor 1", "Locutor 2"), ("Voice 1", "Voice 2"),
        ("SPEAKER_00_female", "SPEAKER_01_male"), ("M1", "F1"), ("ch1", "ch2"), ("cluster_0", "cluster_1"),
        ("[SPEAKER_00]", "[SPEAKER_01]"),
    ):  # fmt: skip
        found = split(cues(*marked("{name}: {text}", (first, second))))
        assert told(found) == [("", text) for text in SAID], first
        assert [line.cue.label for line in found.lines] == [name.strip("[]") for name in (first, second)] * 2
    assert split(cues(*marked("<v {name}>{text}", ("SPEAKER_00", "SPEAKER_01")))).lines[0].cue.label == "SPEAKER_00"


def test_labels_are_never_joined_nor_carried_on() -> None:
    found = split(cues("SPEAKER_00: I was going", "SPEAKER_01: to the shop.", "SPEAKER_01: And back.", gap=0.02))
    assert [line.cue.label for line in found.lines] == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_01"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">> Yes?\n>> No.", ["Yes?", "No."]),
        ("Hello. >> Hi.", ["Hello.", "Hi."]),
        (">> yes >> no >> maybe", ["yes", "no", "maybe"]),
        (">>Yes.", ["Yes."]),
        ("- Yes? - No.", ["Yes?", "No."]),
        ("-Yes? -No.", ["Yes?", "No."]),
        ("–Yes? –No.", ["Yes?", "No."]),
        ("— Да? — Нет.", ["Да?", "Нет."]),
        ("-¿Sí? -¡No!", ["¿Sí?", "¡No!"]),
        ("Yes? -No.", ["Yes?", "No."]),
        ("Are you ready? - Almost.", ["Are you ready?", "Almost."]),
        ("- Yes.\n- No. - Oh.", ["Yes.", "No.", "Oh."]),
        ("-Nein! -\"Doch.\"", ["Nein!", '"Doch."']),
        ("MARTA: Yes? OLLE: No.", ["Yes?", "No."]),
        ("[Marta] Yes? [Olle] No.", ["Yes?", "No."]),
        ("<v Marta>Marta: Yes?</v>\n<v Olle (V.O.)>No.</v>", ["Yes?", "No."]),
        ("<v Marta>Yes?</v> <v Olle>No.</v>", ["Yes?", "No."]),
        ("<v Marta>Yes?\nNow?</v>\n<v the postman>No.</v>", ["Yes? Now?", "No."]),
    ],
)  # fmt: skip
def test_two_people_in_one_cue(text: str, expected: list[str]) -> None:
    found = split(cues("MARTA: Oh.", "OLLE: Ah.", "MARTA: So.", "OLLE: Mm.", text))
    assert [line.text for line in found.lines][4:] == expected


@pytest.mark.parametrize(
    "text",
    [
        "A well-known half-truth.", "It is -5 degrees.", "I went - as always - home.", "He said <<Yes>> to me.",
        "Re:Zero is on.", "It is 12:30 now.", "I said <font color=red>no</font> to you.",
        "Wait... -ish.", "The score was 3:2.", "Two - one.", "Chapter 1: one",
    ],
)  # fmt: skip
def test_what_is_no_mark_stays_in_one_line(text: str) -> None:
    (line,) = split([RawCue(index=1, start=0.0, end=2.0, text=text)]).lines
    assert line.cue.speaker == ""
    assert line.text.split()[-1] == text.split()[-1]


COLOURS = {
    "font": '<font color="{colour}">{text}</font>',
    "single quotes": "<font color='{colour}'>{text}</font>",
    "span": '<span style="color:{colour}">{text}</span>',
    "class": "<c.{colour}>{text}</c>",
}


@pytest.mark.parametrize("shape", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("glue", ["\n", " "])
def test_colours_tell_speakers_apart(shape: str, glue: str) -> None:
    yellow, white = (shape.format(colour=colour, text="{}") for colour in ("yellow", "white"))
    texts = [yellow.format("Yes?") + glue + white.format("No."), white.format("Oh."), yellow.format("Ah."), "So."]
    found = split(cues(*texts, *texts))
    assert [line.text for line in found.lines] == ["Yes?", "No.", "Oh.", "Ah.", "So."] * 2
    assert len({line.cue.label for line in found.lines}) == 2
    assert not any(line.cue.speaker for line in found.lines)


@pytest.mark.parametrize("code", [r"{\c&H00FFFF&}", r"{\1c&H00FFFF&}", r"{\rMarta}", "{c:$00ffff}"])
def test_colours_of_ass_and_microdvd(code: str) -> None:
    back = r"{\c}" if code.startswith(r"{\c") else r"{\1c&HFFFFFF&}" if "1c" in code else r"{\r}" if "r" in code else ""
    second = f"{back}No." if back else "{c:$ffffff}No."
    found = split(cues(f"{code}Yes? {second}", f"{code}Oh.", "Ah.", f"{code}So.", "Mm."))
    assert [line.text for line in found.lines][:2] == ["Yes?", "No."]


def test_one_colour_and_coloured_sounds_are_no_speakers() -> None:
    found = split(cues(*[f'<font color="yellow">{text}</font>' for text in ("One", "two", "three.")], gap=0.02))
    assert [line.text for line in found.lines] == ["One two three."]
    sounds = ['<font color="red">[bang]</font>\nWho is', "it?", '<font color="red">[crash]</font>\nOh.']
    assert [line.cue.label for line in split(cues(*sounds, gap=0.02)).lines] == ["", ""]


ASS_HEAD = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"


def ass(*events: tuple[str, str, str]) -> Split:
    """Split an ASS file of (style, name, text), an event every three seconds."""
    rows = (
        f"Dialogue: 0,0:00:{3 * at:02d}.00,0:00:{3 * at + 2:02d}.00,{style},{name},{text}\n"
        for at, (style, name, text) in enumerate(events)
    )
    found = read_bytes((ASS_HEAD + "".join(rows)).encode(), "a.ass")
    return split(found.cues, found.source)


@pytest.mark.parametrize(
    ("styles", "names"),
    [
        (("Marta", "Olle"), ("Marta", "Olle")),
        (("Marta - Italics", "Olle_top"), ("Marta", "Olle")),
        (("Old Marta", "OLLE"), ("Old Marta", "OLLE")),
        (("マルタ", "オーレ"), ("マルタ", "オーレ")),
        (("Default", "Default - Italics"), ("", "")),
        (("Main", "Flashback"), ("", "")),
        (("Principal", "Cursiva"), ("", "")),
        (("Výchozí", "Myšlenky"), ("", "")),
        (("Основной", "Курсив"), ("", "")),
        (("对白", "上"), ("", "")),
        (("デフォルト", "セリフ"), ("", "")),
        (("Char Marta", "Char Olle"), ("Marta", "Olle")),
        (("Марта", "Олле"), ("Марта", "Олле")),
        (("Style1", "Arial-28"), ("", "")),
        (("*Default", "Gandhi Sans"), ("", "")),
    ],
)
def test_styles_that_are_characters(styles: tuple[str, str], names: tuple[str, str]) -> None:
    found = ass(*((styles[at % 2], "", text) for at, text in enumerate(SAID)))
    assert told(found) == [(names[at % 2], text) for at, text in enumerate(SAID)]


def test_the_name_field_wins_over_the_style() -> None:
    found = ass(*(("Olle", "Marta", text) for text in SAID))
    assert {line.cue.speaker for line in found.lines} == {"Marta"}


DIALOGUE = [
    ("Faye", "Will you quit doing that?"), ("Joe", "Okay..."), ("Azura", "Wow, I feel so funky..."),
    ("Joe", "Jim, am I glad to see you again..."), ("Jimmy", "Why? What's the matter?"), ("Joe", "I'm in big trouble."),
    ("Jimmy", "You can tell me."), ("Joe", "They are taking over the world!"), ("Jimmy", "I knew it!"),
    ("Joe", "I have to find a skull."), ("Jimmy", "Is that all they want?"), ("Joe", "Thanks, but no thanks."),
]  # fmt: skip
HABITS = [
    "{l}: {t}", "[{l}] {t}", "<{n}> {t}", "{{{n}}} {t}", "{U} - {t}", "{n} - {t}", "{n} | {t}", "{n}\n{t}",
    "<b>{n}</b>\n{t}", ">> {l}: {t}", ">> ({n}) {t}", ">> {U}\n{t}", ">>{U}:{t}", "{n}:{t}", "{l}:{t}",
    "{U} (on phone) {t}", "{n} (whispering) {t}", "{U} (on phone)\n{t}", "{n} - whispering: {t}",
    "{n} (on phone) (angrily): {t}", "[laughing] {U}: {t}", "[sighs] [{n}] {t}", "#{n}: {t}", "@{n}: {t}",
    "{U} VOICEOVER: {t}", "{n} on phone: {t}", "[{U}, ON RADIO]: {t}", "{U} (on phone): [sighs] {t}",
]  # fmt: skip


@pytest.mark.parametrize("shape", HABITS)
def test_a_file_of_one_habit_names_everybody_once_or_often(shape: str) -> None:
    texts = [shape.format(n=name, U=name.upper(), l=name.lower(), t=text) for name, text in DIALOGUE]
    assert [(speaker.title(), text) for speaker, text in spoken(*texts)] == DIALOGUE


@pytest.mark.parametrize(
    "texts",
    [
        ("Yeah\nI know", "No\nI don't", "Yeah\nSo what", "No\nNever") * 2,
        ("Come - now.", "Go - there.", "Come - here.", "Go - on.") + ("I see.", "So it is.", "Well then.") * 3,
        ("GO\nGO NOW", "STOP\nSTOP IT", "GO\nRUN") + ("I see.", "So it is.", "Well then.") * 3,
        ("First: we eat.", "Then: we go.", "Remember: nothing.", "Result: none.") * 2,
        ("Paris\nand Rome.", "London\nand Rome.", "Paris\nis nice."),
    ],
)
def test_ordinary_lines_name_nobody(texts: tuple[str, ...]) -> None:
    assert {speaker for speaker, _ in spoken(*texts)} == {""}
