"""Subtitles, scripts and archives in the input folder that belong to no episode: each is named with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from audiorole.core.disk import not_regular
from audiorole.dataset.input.beside import SUBTITLES, UNSURE, cast_file, is_subtitle, script_files, subtitle_files
from audiorole.dataset.input.folders import printable
from audiorole.dataset.input.release.numbering import read_name
from audiorole.dataset.input.scan import Scan, Skipped, listed_files

_TEXTS = frozenset({".md", ".html", ".htm", ".fountain", ".fdx", ".pdf", ".doc", ".docx", ".odt", ".rtf"})
_ARCHIVES = frozenset({".zip", ".rar", ".7z", ".gz"})
_OTHER_FORMS = frozenset(
    {
        ".rttm", ".textgrid", ".eaf", ".trs", ".cha", ".ctm", ".stm", ".lab", ".tsv", ".csv", ".json", ".jsonl", ".lrc",
        ".xlsx", ".xls", ".ods", ".cap", ".pac", ".890", ".usf", ".mks", ".jss", ".rt", ".aqt", ".sst", ".ttxt",
    }
)  # fmt: skip
"""Forms of subtitles, transcripts and annotations that are not read here; of an episode, or called what they are."""
_NOT_PLAIN = frozenset({".fdx", ".pdf", ".doc", ".docx", ".odt", ".rtf"})


def with_leftovers(found: Scan, target: Path, out: Path | None = None) -> Scan:
    """Return the scan of `target` with what it leaves unused; beside a single file, everything else is meant to be."""
    return replace(found, unused=leftovers(found, out)) if target.is_dir() else found


def leftovers(found: Scan, out: Path | None = None) -> tuple[Skipped, ...]:
    """Return the files under the input folder that could have been used and are of no episode that is built."""
    claimed = {path.resolve() for source in found.sources for path in _claimed(found.root / source.media, found.root)}
    plain = (path for path in listed_files(found.root, out) if not not_regular(path))
    others = (path for path in plain if path.resolve() not in claimed)
    reasons = {printable(str(path.relative_to(found.root))): _reason(path, found) for path in others}
    return tuple(Skipped(path, reason) for path, reason in sorted(reasons.items()) if reason)


def _claimed(media: Path, inputs: Path) -> Iterator[Path]:
    yield from (inputs / source.path for source in subtitle_files(media, inputs))
    yield from script_files(media, inputs)
    if cast := cast_file(media, inputs):
        yield cast


def _reason(path: Path, found: Scan) -> str:
    """Return why a file is not used, "" where it is none that could be."""
    if printable(str(path)) != str(path):
        return ""  # the scan says so
    ending = path.suffix.lower()
    if path.name.lower() == "cast.toml":
        return _of_cast(path)
    if ending in _ARCHIVES:
        return "an archive: unpack it" if _speaks_of_text(path) or _is_of_episode(path, found) else ""
    if ending in _OTHER_FORMS and not path.name.lower().endswith(".info.json"):
        form = f"the form {ending} is not read here: write it as .srt (subtitles) or .script.txt (a script) to use it"
        return form if _speaks_of_text(path) or _is_of_episode(path, found) else ""
    if ending not in SUBTITLES | _TEXTS or (ending in _TEXTS and not _is_scripts(path)):
        return ""
    if ending in _NOT_PLAIN:
        return f"a {ending[1:].upper()} document: save it as plain text (.txt) beside the episode"
    if owner := _skipped_owner(path, found.skipped):
        return f"of {owner}, which is not built"
    if ending in _TEXTS and _is_of_episode(path, found):
        return f"call it {path.stem}.script{'.html' if ending == '.htm' else ending} to use it as a script"
    kind = "a subtitle" if ending not in UNSURE | _TEXTS or is_subtitle(path) else "a text"
    code = read_name(path.stem).code
    return f"{kind} of {code}, which is not here" if code else f"{kind} whose name is of no episode here"


def _is_of_episode(path: Path, found: Scan) -> bool:
    """Return True where a file has the name, or the number, of an episode that is built."""
    code = read_name(path.stem).code
    names = (Path(source.media).stem.casefold() for source in found.sources)
    numbered = bool(code) and any(source.id.endswith(f"/{code}") for source in found.sources)
    return numbered or any(path.stem.casefold().startswith(name) for name in names)


def _of_cast(path: Path) -> str:
    if path.name != "cast.toml":
        return "call it cast.toml, in lower case"
    return "no episode lies in its folder or below, or one nearer to them is used"


def _speaks_of_text(path: Path) -> bool:
    return any(word in path.name.lower() for word in ("sub", "script", "transcript", "srt", "titul"))


def _is_scripts(path: Path) -> bool:
    """Of documents only those are meant whose name is of an episode or says what they are."""
    return bool(read_name(path.stem).code) or any(x in path.name.lower() for x in ("script", "screenplay"))


def _skipped_owner(path: Path, skipped: Iterable[Skipped]) -> str:
    """Return the media file that was skipped and that a file belongs to."""
    for skip in skipped:
        media = Path(skip.path)
        if path.stem.lower().startswith(media.stem.lower()) and media.suffix:
            return media.name
    return ""
