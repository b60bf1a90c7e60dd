"""Who says what in a script, in every shape in which people write it; never the speaker before where it is unclear."""

from __future__ import annotations

import textwrap

import pytest

from audiorole.dataset.script import Script, read_script_text
from audiorole.errors import InputError

SAID = (
    ("Faye", "Will you quit doing that Joe!"), ("Joe", "Okay..."), ("Azura", "Wow, I feel so funky..."),
    ("Joe", "Jim, am I glad to see you again..."), ("Jimmy", "Why? What's the matter boy?"),
    ("Joe", "I think I'm in big trouble."), ("Jimmy", "What's the problem Joe? You can tell me, I did a two year stint "
     "as a summer camp counsellor and I have a feeling that this will take us the whole of the afternoon..."),
    ("Joe", "Floda are planning on taking over the world!"), ("Jimmy", "I knew it! What are you going to do now?"),
    ("Joe", "I have to find a Crystal Skull. Or they'll hurt innocent people."), ("Faye", "Be careful then."),
    ("Jimmy", "A Crystal Skull? Is that all they want?"), ("Joe", "Thanks, but no thanks."),
    ("Azura", "I'd be happy to answer them."), ("Faye", "are you coming or not"), ("Joe",
    "In a minute - or two: wait."),
)  # fmt: skip

SHAPES = [
    # the separator
    "{n}: {t}", "{N}: {t}", "{l}: {t}", "{n}:{t}", "{n} : {t}", "{n}：{t}", "{n}:: {t}", "{n}:- {t}", "{n}; {t}",
    "{n} - {t}", "{n} – {t}", "{n} — {t}", "{n}—{t}", "{n} -- {t}", "{N}- {t}", "{n} => {t}", "{n} -> {t}", "{n} > {t}",
    "{N}. {t}", "{N} {t}", "{n} / {t}", "{n} = {t}", "{n} ~ {t}", "{n} says: {t}", "{n} says, {t}", "{n}    {t}",
    # brackets
    "<{n}> {t}", "[{n}] {t}", "({n}) {t}", "【{n}】{t}", "{{{n}}} {t}", "[{n}]: {t}", "({n}): {t}", "[{N}] - {t}",
    # bold and italic
    "**{n}**: {t}", "**{n}:** {t}", "**{n}** {t}", "*{n}*: {t}", "*{n}:* {t}", "__{n}__: {t}", "_{n}_: {t}",
    "'''{n}''': {t}", "'''{n}:''' {t}", "''{n}'': {t}", "<b>{n}</b>: {t}", "<b>{n}:</b> {t}",
    "<strong>{n}</strong> {t}",
    "<i>{n}</i>: {t}", "<u>{n}</u>: {t}", '<font color="red">{n}:</font> {t}', '<span class="speaker">{n}</span> {t}',
    # marks of lists, numbers, indents
    ":'''{n}''': {t}", "*'''{n}''': {t}", "- {n}: {t}", "* {n}: {t}", "• {n}: {t}", "– {n}: {t}", "> {n}: {t}",
    ">> {n}: {t}", ":{n}: {t}", ";{n}: {t}", "# {n}: {t}", ": {N}: {t}", "-{n}: {t}", "12. {n}: {t}", "12) {n}: {t}",
    "(12) {n}: {t}", "[12] {n}: {t}", "12 {n}: {t}", "#12 {n}: {t}", "12: {n}: {t}", "a) {n}: {t}", "12 - {n}: {t}",
    "    {n}: {t}", "\t{n}: {t}", "- **{n}**: {t}", "12. **{n}:** {t}",
    # times
    "[00:00:04] {n}: {t}", "(00:04) {n}: {t}", "00:00:04 {n}: {t}", "00:04 - {n}: {t}", "[00:00:04.918] {n}: {t}",
    "00:00:04,918 {n}: {t}", "[00:00:04 --> 00:00:07] {n}: {t}", "00:00:04 - 00:00:07 {n}: {t}", "[4.9s] {n}: {t}",
    "{n} [00:00:04]: {t}", "{n} (00:04): {t}", "1. [00:00:04] {n}: {t}", "- [00:04] {n}: {t}", "[00:04] - {n}: {t}",
    "00:00:04 | {n}: {t}", "<00:04> {n}: {t}", "{{00:04}} {n}: {t}", "00:04 {n} - {t}", "[00:04] {N} {t}",
    "[00:04] [{n}] {t}", "00:04\t{n}\t{t}", "{n} 00:04: {t}", "[00:04] **{n}** {t}",
    # what stands beside the name
    '"{n}": {t}', '{n}: "{t}"', "{n}: “{t}”", "{n} (angry): {t}", "{n} [angry]: {t}", "{N} (V.O.): {t}",
    "{N} (CONT'D): {t}", "{n} (angry) {t}", "{n}: (angry) {t}", "{n}: [laughs] {t}", "{n} 「{t}」", "@{n}: {t}",
    # wikis, links, tables, pages
    "[[{n}]]: {t}", "[[Cast|{n}]]: {t}", "'''[[{n}]]''': {t}", "[{n}](http://x.org/a): {t}", "{{{{{n}}}}}: {t}",
    "{n}\t{t}", "{n} | {t}", "| {n} | {t} |", "| {n} || {t}", '"{n}","{t}"', "{n}&nbsp;: {t}", "<p>{n}: {t}</p>",
    "<p><b>{n}</b> {t}</p>", "<li>{n}: {t}</li>", "<tr><td>{n}</td><td>{t}</td></tr>", "<dt>{n}</dt><dd>{t}</dd>",
    "{n}: {t}<br>", "<div class=\"line\"><span class='character'>{n}</span><span>{t}</span></div>",
    '{{"speaker": "{n}", "text": "{t}"}}',
    # rows of their own
    "{N}\n{t}\n", "{n}\n{t}\n", "{N}\n{t}", "{n}:\n{t}\n", "{n}:\n{t}", "**{n}**\n{t}\n",
    "## {n}\n{t}\n", "{N}\n\n{t}\n",
    "[{n}]\n{t}\n", "{n}  00:04\n{t}\n", "{n} (00:04)\n{t}\n", "00:04 {n}\n{t}\n", "{n}\n{t}",
    ";{n}\n:{t}", "@{N}\n{t}\n",
    "                    {N}\n          {t}\n", "                    {n}\n          {t}\n",
    "                    {l}\n          {t}\n", "                    {N}\n          (angry)\n          {t}\n",
    "\t\t\t{N}\n\t{t}\n", "                    {N} (V.O.)\n          {t}", "{N} ^\n{t}\n",
    # behind the words
    "{t} ({n})", "{t} [{n}]", "{t} — {n}",
]  # fmt: skip


def written(shape: str, every: int = 1) -> str:
    """The lines in a shape; every: only so many rows have it, the others are `Name: line`."""
    rows = []
    for at, (name, text) in enumerate(SAID):
        chosen = shape if at % every == 0 else "{n}: {t}"
        rows.append(chosen.format(n=name, N=name.upper(), l=name.lower(), t=text))
    return "\n".join(rows)


def judged(script: Script) -> tuple[int, list[str]]:
    """Return how many lines have their name, and those that somebody else says."""
    right, wrong = 0, []
    for name, text in SAID:
        found = [line for line in script.lines if text.rstrip(".!?") in line.text]
        right += any(line.speaker.casefold() == name.casefold() for line in found)
        wrong += [f"{line.speaker}: {text}" for line in found if line.speaker.casefold() not in ("", name.casefold())]
    return right, wrong


@pytest.mark.parametrize("shape", SHAPES)
def test_a_script_in_one_shape(shape: str) -> None:
    right, wrong = judged(read_script_text(written(shape), "x.txt"))
    assert (right, wrong) == (len(SAID), [])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("every", [2, 3])
def test_a_shape_among_others_is_read_or_nobodys(shape: str, every: int) -> None:
    script = read_script_text(written(shape, every), "x.txt")
    right, wrong = judged(script)
    assert not wrong
    assert right >= len(SAID) - len(SAID[::every])
    assert right == len(SAID) or any("name nobody" in problem.sentence for problem in script.problems)


def test_wrapped_rows_and_hanging_indents_go_on() -> None:
    said = "I have to find a skull. Or they will hurt people. Nobody wants that. Do they now? It is a long way. Go."
    wrapped = "\n".join(row for name in ("JOE", "FAYE") * 3 for row in textwrap.wrap(f"{name}: {said}", 44))
    assert [(line.speaker, line.text) for line in read_script_text(wrapped, "x").lines] == [
        (name, said) for name in ("JOE", "FAYE") * 3
    ]
    hanging = "JOE: One and\n     Two and three.\n     Four more\n     and five.\nFAYE: Six\n     Seven.\nJOE: Eight.\n"
    assert [(line.speaker, line.text) for line in read_script_text(hanging, "x").lines] == [
        ("JOE", "One and Two and three. Four more and five."), ("FAYE", "Six Seven."), ("JOE", "Eight."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    ["the man with the hat, shouting - Stop!", "?? Stop!", "joe and the others Stop!", "*** Stop!", "Stop!",
     "[unclear] Stop!", "Xx/yy/zz Stop!", "— Stop!", "~Stop!"],
)  # fmt: skip
def test_a_row_that_names_nobody_is_nobodys_and_said(row: str) -> None:
    script = read_script_text(f"JOE: One.\nFAYE: Two.\n{row}\nJOE: Three.\nFAYE: Four.\n", "x.txt")
    assert [line.speaker for line in script.lines] == ["JOE", "FAYE", "", "JOE", "FAYE"]
    assert str(script.problems[-1]).startswith("x.txt:3: 1 row names nobody")


OTHERS = {
    "zh": (
        ("张三", "王五", "李四"),
        ("你能别这样吗？", "好吧。", "我有大麻烦了。", "他们要占领世界！", "谢谢，不用了。"),
    ),
    "ru": (("Иван", "Ольга", "Пётр"), ("Ты перестанешь?", "Хорошо.", "У меня беда.", "Они идут!", "Спасибо, не надо.")),
    "ar": (("سارة", "أحمد", "ليلى"), ("هل ستتوقف؟", "حسنا.", "أنا في ورطة.", "كنت أعرف!", "شكرا، لا.")),
    "el": (("Μαρία", "Νίκος", "Ελένη"), ("Θα σταματήσεις;", "Εντάξει.", "Έχω πρόβλημα.", "Το ήξερα!", "Όχι.")),
}
UNSEEN = [
    "{n}. {t}", "{n} » {t}", "{n} ► {t}", "{n}; {t}", "{{{{{n}|{t}}}}}", "{n} /// {t}", "{n}..... {t}", "{n}「{t}」",
    "{n},{t}", "{t} - {n}", "{t} ({n})", "?? {t}", "... {t}", "{t}", "„{n}“: {t}", "\\textbf{{{n}}}: {t}",
    "「{n}」{t}", "≪{n}≫ {t}", "{n} says: {t}", "{n} -> {t}",
]  # fmt: skip


@pytest.mark.parametrize("shape", UNSEEN)
@pytest.mark.parametrize("bare", [False, True], ids=["punctuated", "bare"])
def test_no_row_goes_to_the_speaker_before_in_any_script(shape: str, bare: bool) -> None:
    for names, texts in OTHERS.values():
        said = [
            (names[at % 3], texts[at % 5].lower().strip("?!.;؟。！？") if bare else texts[at % 5]) for at in range(12)
        ]
        rows = [("{n}: {t}" if at % 2 else shape).format(n=name, t=text) for at, (name, text) in enumerate(said)]
        found = read_script_text("\n".join(rows), "x.txt").lines
        assert len(found) == 12
        pairs = [
            (line.speaker, name, text) for line, (name, text) in zip(found, said, strict=True) if text in line.text
        ]
        assert len(pairs) == 12
        assert all(speaker in ("", name) for speaker, name, _ in pairs), pairs


@pytest.mark.parametrize(
    "text",
    [
        "Video: x264\nAudio: aac\nSize: 300 MB\nRuntime: 45 min\nRelease: GRP\n",
        "He told them - as he always did - to go. " * 40,
        "One two three.\nFour five six - seven.\n\nEight (nine) ten.\n" * 9,
        "Okay. So what.\nRight. Then go.\nOkay. Now.\nRight. Never.\n" * 3,
    ],
)
def test_other_texts_are_no_scripts(text: str) -> None:
    with pytest.raises(InputError, match="is no script"):
        read_script_text(text, "x.txt")


@pytest.mark.parametrize("name", ["Jan van der Berg", "Mary-Lou", "O'Brien", "Dr. Smith", "R2-D2", "7 of 9", "Mr. T",
                                  "J.R.", "Old Woman #1", "MAN 2", "BEN", "Éowyn", "小明", "Иван", "the postman",
                                  "Joe & Azura", "Joe/Azura"])  # fmt: skip
def test_names_of_every_kind(name: str) -> None:
    script = read_script_text(f"{name}: One.\nFaye: Two.\n{name}: Three.\nFaye: Four.\n", "x.txt")
    assert [line.speaker for line in script.lines] == [name, "Faye"] * 2


INDENTED = """   14   INT. POST OFFICE - DAY                      14

   Joe walks in. He looks around. Nobody is
   here but an old woman.

                         joe
          Hello? Is anybody
          here at all?

                         old woman
               (without looking up)
          We are closed.

   She goes on knitting.

                         joe (cont'd)
          But the door
          was open.
   She smiles.

                         faye (o.s.)
          Joe! Come out
          of there!

                         old woman
          It always is.
                                                  CUT TO:
"""
FLAT = """INT. POST OFFICE - DAY

Joe walks in.

JOE
Hello? Is anybody
here at all?

OLD WOMAN
(without looking up)
We are closed.

She goes on knitting.

JOE (CONT'D)
But the door
was open.

FAYE (O.S.)
Joe! Come out
of there!

The OLD WOMAN smiles.

OLD WOMAN
It always is.
"""
STAMPED = """Joe    0:04
Hello? Is anybody here at all?

Old Woman    0:09
We are closed.

Joe    0:12
But the door was open.

Faye    0:14
Joe! Come out of there!

Old Woman    0:15
It always is.
"""
STAGE = """JOE. Hello? Is anybody here at all?
OLD WOMAN. (without looking up) We are closed.
JOE. But the door was open.
[She smiles.]
FAYE. Joe! Come out of there!
OLD WOMAN. It always is.
"""


@pytest.mark.parametrize("text", [INDENTED, FLAT, STAMPED, STAGE])
def test_screenplays_and_plays(text: str) -> None:
    script = read_script_text(text, "x.txt")
    assert [(line.speaker.lower(), line.text) for line in script.lines if line.speaker] == [
        ("joe", "Hello? Is anybody here at all?"),
        ("old woman", "We are closed."),
        ("joe", "But the door was open."),
        ("faye", "Joe! Come out of there!"),
        ("old woman", "It always is."),
    ]


def test_action_is_nobodys() -> None:
    for text in (INDENTED, FLAT):
        nobody = " ".join(line.text for line in read_script_text(text, "x.txt").lines if not line.speaker)
        assert "knitting" in nobody
        assert "smiles" in nobody


LEADS = ["", "* ", "- ", "1. ", "(1) ", "[00:01:02] ", "00:01 ", "00:01:02.500 - ", "[00:01 - 00:03] ", ": ", "> ",
         "\t", "Line 1: ", "{{1}} ", "1\t", "☞ ", "§1 "]  # fmt: skip
NAMES = [
    "{n}",
    "{N}",
    "**{n}**",
    "'''{n}'''",
    "<b>{n}</b>",
    "[{n}]",
    "({n})",
    '"{n}"',
    "{N} [whispering]",
    "`{n}`",
    "«{n}»",
]
SEPARATORS = [": ", ":", " - ", " – ", "：", "\t", " >> ", ". ", " | ", "→ ", ", "]


@pytest.mark.parametrize("lead", LEADS)
def test_marks_before_names_with_every_name_and_separator(lead: str) -> None:
    shapes = [f"{lead}{name}: {{t}}" for name in NAMES] + [f"{lead}{{n}}{separator}{{t}}" for separator in SEPARATORS]
    for shape in shapes:
        for every in (1, 2):
            right, wrong = judged(read_script_text(written(shape, every), "x.txt"))
            assert not wrong, (shape, every)
            assert right == len(SAID) or every > 1, shape
