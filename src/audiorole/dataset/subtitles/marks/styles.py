"""ASS files that give each character a style of their own: the style says who speaks where the name field is empty."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from audiorole.dataset.subtitles.marks.names import name_shape
from audiorole.dataset.subtitles.records import RawCue

_COVERED = 0.4
"""Share of the nameless cues that the styles of characters hold at least; else they are names of fonts or groups."""
_SECOND = 0.05
"""Share that the second of them holds: one style for nearly everything is the file's usual one."""
# What styles are called that hold anybody's lines: places, looks, fonts, languages.
_GENERAL = frozenset(
    {
        "default", "main", "dialogue", "dialog", "dialogues", "italic", "italics", "italique", "bold", "top",
        "bottom", "alt", "alternate", "alternative", "overlap", "flashback", "flashbacks", "flash", "thought",
        "thoughts", "thinking", "internal", "inner", "narration", "subtitle", "subtitles", "subs", "sub", "style",
        "styles", "text", "normal", "regular", "standard", "base", "left", "right", "center", "centre", "up", "down",
        "upper", "lower", "tv", "phone", "radio", "screen", "off", "small", "big", "large", "white", "black",
        "yellow", "red", "green", "blue", "cyan", "pink", "orange", "purple", "arial", "verdana", "tahoma",
        "trebuchet", "ms", "gandhi", "sans", "open", "times", "roman", "new", "georgia", "helvetica", "roboto",
        "noto", "font", "trad", "trans", "translation", "dub", "dubbed", "ruby", "furigana", "staff", "preview",
        "next", "time", "episode", "copy", "copia", "unknown", "primary", "secondary", "english", "eng", "en",
        "german", "deutsch", "french", "spanish", "chinese", "chs", "cht", "japanese", "jp", "jpn", "russian",
        "czech", "italian", "arabic", "cc", "sdh", "hi", "voiceover", "vo", "speech", "talk", "line", "lines",
        "caption", "captions", "title", "titles", "srt", "ass", "ssa", "vtt", "convert", "import", "char", "character",
        "speaker", "actor", "principal", "secundario", "haupt", "haupttext", "dialoge", "dialogo", "diálogo",
        "diálogos", "dialoog", "dialogi", "normalny", "estándar", "padrão", "standart", "cursiva", "itálico", "corsivo",
        "kurziva", "kurzíva", "kursywa", "kursiv", "курсив", "основной", "обычный", "диалог", "диалоги", "мысли",
        "texto", "texte", "testo", "titel", "titulo", "título", "titre", "nota", "notas", "pensamiento",
        "pensamientos", "pensées", "gedanken", "myšlenky", "myśli", "recuerdo", "défaut", "defecto", "predeterminado",
        "výchozí", "domyślny", "alapértelmezett", "varsayılan", "predefinito", "arriba", "abajo", "haut", "bas", "oben",
        "unten", "nahoře", "dole", "默认", "默認", "主要", "对白", "對白", "对话", "字幕", "正文", "中文", "日文",
        "英文", "简体", "繁体", "デフォルト", "標準", "セリフ", "台詞", "上", "下", "기본", "대사", "자막",
    }
)  # fmt: skip
_WORDS = re.compile(r"[\s_\-.|/()\[\]]+")


def with_style_speakers(cues: Sequence[RawCue], names: Iterable[str] = ()) -> list[RawCue]:
    """Return the cues with the character of their style as the speaker, in a file that has such styles."""
    nameless = [cue for cue in cues if not cue.speaker]
    given = {name.casefold() for name in names}
    speakers = {style: _character(style) for style in {cue.style for cue in nameless if cue.style}}
    counts = Counter(speakers[cue.style] for cue in nameless if cue.style and speakers[cue.style])
    if not _is_habit(counts, len(nameless)):
        speakers = {style: name if name.casefold() in given else "" for style, name in speakers.items()}
    return [
        msgspec.structs.replace(cue, speaker=speakers[cue.style])
        if not cue.speaker and cue.style and speakers[cue.style]
        else cue
        for cue in cues
    ]


def _is_habit(counts: Counter[str], cues: int) -> bool:
    """Tell whether at least two characters have styles, with several cues each, for a good part of the cues."""
    often = sorted((times for times in counts.values() if times > 1), reverse=True)
    return len(often) > 1 and sum(often) >= _COVERED * cues and often[1] >= _SECOND * cues


def _character(style: str) -> str:
    """Return the character whom a style is called after, "" where it is called after a look.

    >>> _character("Marta - Italics"), _character("Default-alt"), _character("Old Joe"), _character("Style1")
    ('Marta', '', 'Old Joe', '')
    """
    plain = unicodedata.normalize("NFC", style)
    words = [word for word in _WORDS.split(plain) if word and word.casefold() not in _GENERAL]
    name = " ".join(words)
    return name if name_shape(name) in ("title", "capitals", "caseless") and not re.search(r"[a-z]\d", name) else ""
