"""A dataset as it is passed on: its Parquet files, without the sound unless it is asked for, and a card that says so.

README.md             the card, with a head for these files and the rights that were stated
<split>/*.parquet     the lines
figures/*.svg         the card's plots
audiorole.json        these files' names: what a later release may take away again
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.published.hub_head import TableFacts, Terms, hub_head, opening, table_facts
from audiorole.published.reader import dataset_root, parquet_files
from audiorole.published.schema import layout_of

LIST = "audiorole.json"

STATEMENT = "I have the right to pass this on"
"""What a person types before anything leaves the machine."""


@dataclass(frozen=True)
class Release:
    """What is passed on. files: name there → file here; lines, bytes: of it; sound: whether it holds any."""

    files: dict[str, Path]
    lines: int
    bytes: int
    sound: bool
    series: tuple[str, ...]
    source: str
    terms: Terms

    def statement(self, repository: str, private: bool) -> str:
        """Return what is shown before it is passed on: what goes where, and whose it is."""
        sound = "with the sound of every line" if self.sound else "without sound (--with-audio adds it)"
        seen = "private: only its owner and their organisation see it" if private else "PUBLIC: anybody can load it"
        return (
            f"{', '.join(self.series)}: {self.lines:,} lines with their texts and names, {sound}; "
            f"{len(self.files)} files, {self.bytes / 1e6:,.1f} MB.\n"
            f"To the dataset {repository}, {seen}.\n"
            f"Source: {self.source}\nTerms: {self.terms.title if self.terms.name == 'other' else self.terms.name}\n"
            "Recordings and texts belong to their owners, and voices to the people who have them. Labels alone, for "
            "those who own the episodes, are what `audiorole pack` makes."
        )


def make_release(source: Path, scratch: Path, terms: Terms, origin: str, sound: bool) -> Release:
    """Lay out what is passed on of a build or dataset folder; only what differs from it is written, to `scratch`.

    origin: where the recordings are from, in a person's words. Raises InputError where there is no dataset.
    """
    root = dataset_root(source)
    files: dict[str, Path] = {}
    for path in parquet_files(source):
        name = path.relative_to(root).as_posix()
        files[name] = path if sound else _silent(path, scratch / name)
    facts = table_facts((name.partition("/")[0], path) for name, path in files.items())
    files |= {f"figures/{path.name}": path for path in sorted((root / "figures").glob("*.svg"))}
    files["README.md"] = _written(scratch / "README.md", _card(root / "README.md", facts, terms, origin, sound))
    listed = json.dumps({"files": sorted(files)}, indent=2) + "\n"
    files[LIST] = _written(scratch / LIST, listed)
    size = sum(path.stat().st_size for path in files.values())
    return Release(files, facts.rows, size, sound, tuple(sorted(facts.series)), origin, terms)


def _silent(path: Path, target: Path) -> Path:
    """Write a Parquet file without its sound."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetFile(path) as file:
        fields = [(one.name, one.type) for one in file.schema_arrow if one.name != "audio"]
        layout = layout_of(fields, 0)
        with pq.ParquetWriter(target, layout, compression="zstd") as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=[name for name, _ in fields])
                writer.write_table(pa.Table.from_batches(table.to_batches(), schema=layout))
    return target


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _card(path: Path, facts: TableFacts, terms: Terms, origin: str, sound: bool) -> str:
    body = "\n\n".join(_sections(path.read_text(encoding="utf-8"))) if path.is_file() else ""
    title = body or f"# {', '.join(sorted(facts.series))}: character-grounded speech"
    what = "The sound of each line is in it." if sound else "The sound is not in it."
    rights = (
        f"## Rights\n\n{what} Source of the recordings: {origin}. Terms: {_terms(terms)}. Whoever passed it on stated: "
        f"“{STATEMENT}”. Recordings and texts belong to their owners; a model trained on it can imitate living people: "
        "ask them first."
    )
    return "\n".join((hub_head(facts, terms), title, "", opening(sound), "", rights, ""))


def _sections(card: str) -> Iterator[str]:
    """Yield the parts of a card that hold for what is passed on too: not its head, its rights, nor how it opens."""
    body = re.sub(r"\A---\n.*?\n---\n", "", card, flags=re.DOTALL)
    for section in re.split(r"\n(?=## )", body):
        if not section.startswith(("## Open it", "## Rights")):
            yield section.strip()


def _terms(terms: Terms) -> str:
    return terms.title if terms.name == "other" else terms.name
