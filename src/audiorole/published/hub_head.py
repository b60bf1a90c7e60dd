"""The YAML head of a dataset's README.md: what the Hugging Face hub and `datasets` read of it.

Figures come from the Parquet files themselves, so that they are those of what is passed on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.published.schema import sample_rate

SIZES = (("n<1K", 1_000), ("1K<n<10K", 10_000), ("10K<n<100K", 100_000), ("100K<n<1M", 1_000_000))

TASKS = ("automatic-speech-recognition", "text-to-speech", "audio-classification")


@dataclass
class SplitSize:
    """rows: lines; content: bytes of the columns, unpacked; stored: bytes of the files."""

    rows: int = 0
    content: int = 0
    stored: int = 0


@dataclass
class TableFacts:
    """What the head says of the files. layout: their schema, None where there is no file."""

    layout: pa.Schema | None = None
    splits: dict[str, SplitSize] = field(default_factory=lambda: defaultdict(SplitSize))
    series: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """All lines."""
        return sum(split.rows for split in self.splits.values())


def table_facts(files: Iterable[tuple[str, Path]]) -> TableFacts:
    """Return the facts of Parquet files, each with its split; reads two columns and no audio."""
    facts = TableFacts()
    for split, path in files:
        with pq.ParquetFile(path) as file:
            size, about = facts.splits[split], file.metadata
            size.rows += about.num_rows
            size.content += sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
            size.stored += path.stat().st_size
            facts.layout = file.schema_arrow
            columns = file.read(columns=["series", "language"])
        facts.series.update(columns["series"].unique().to_pylist())
        facts.languages.update(one for one in columns["language"].unique().to_pylist() if one)
    return facts


@dataclass(frozen=True)
class Terms:
    """Under which terms a dataset may be used. name: as on the hub, or `other`; link: where they are written out."""

    name: str = "other"
    title: str = "recordings-and-texts-belong-to-their-owners"
    link: str = "#rights"


def hub_head(facts: TableFacts, terms: Terms = Terms()) -> str:
    """Return the head, with its two rows of dashes."""
    return "---\n" + "\n".join(_rows(facts, terms)) + "\n---\n"


def _rows(facts: TableFacts, terms: Terms) -> Iterator[str]:
    yield f"pretty_name: {_quoted(', '.join(sorted(facts.series)) + ': character-grounded speech')}"
    yield from _listed("language", sorted(facts.languages) or ["und"])
    yield f"license: {_quoted(terms.name)}"
    if terms.name == "other":
        yield f"license_name: {_quoted(terms.title)}"
        yield f"license_link: {_quoted(terms.link)}"
    yield from _listed("task_categories", TASKS)
    yield from _listed("size_categories", [_size(facts.rows)])
    yield from _listed("annotations_creators", ["machine-generated", "expert-generated"])
    yield from _listed("source_datasets", ["original"])
    yield from _listed("tags", ["audio", "speech", "dialogue", "role-play", "speaker-identification", "audiorole"])
    if facts.splits:
        yield from _configs(sorted(facts.splits))
        yield from _info(facts)


def _configs(splits: Sequence[str]) -> Iterator[str]:
    yield from ("configs:", "- config_name: default", "  data_files:")
    for split in splits:
        yield from (f"  - split: {split}", f"    path: {split}/*.parquet")


def _info(facts: TableFacts) -> Iterator[str]:
    yield from ("dataset_info:", "  features:")
    assert facts.layout is not None
    for column in facts.layout:
        yield from _feature(column, "  ", sample_rate(facts.layout))
    yield "  splits:"
    for name, size in sorted(facts.splits.items()):
        yield from (f"  - name: {name}", f"    num_bytes: {size.content}", f"    num_examples: {size.rows}")
    yield f"  download_size: {sum(size.stored for size in facts.splits.values())}"
    yield f"  dataset_size: {sum(size.content for size in facts.splits.values())}"


def _feature(column: pa.Field, indent: str, rate: int) -> Iterator[str]:
    yield f"{indent}- name: {column.name}"
    inside, kind = f"{indent}  ", column.type
    if column.name == "audio":
        yield from (f"{inside}dtype:", f"{inside}  audio:", f"{inside}    sampling_rate: {rate}")
    elif pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        yield f"{inside}list:"
        for at in range(kind.value_type.num_fields):
            yield from _feature(kind.value_type.field(at), inside, rate)
    elif pa.types.is_list(kind):
        yield f"{inside}list: {_dtype(kind.value_type)}"
    else:
        yield f"{inside}dtype: {_dtype(kind)}"


def _dtype(kind: pa.DataType) -> str:
    names: Mapping[str, str] = {"double": "float64", "float": "float32"}
    return names.get(str(kind), str(kind))


def _size(rows: int) -> str:
    return next((name for name, most in SIZES if rows < most), "1M<n<10M")


def _listed(key: str, values: Iterable[str]) -> Iterator[str]:
    yield f"{key}:"
    yield from (f"- {_quoted(value)}" for value in values)


def _quoted(value: str) -> str:
    """Return a text as YAML takes it whatever is in it: JSON's form is one of YAML's."""
    plain = (
        value.replace("-", "").replace("_", "").isalnum()
        and value.isascii()
        and value not in ("no", "yes", "on", "off", "null", "true", "false")
    )
    return value if plain and not value[0].isdigit() else msgspec.json.encode(value).decode()


def opening(sound: bool = True) -> str:
    """Return the section of a card that says how the dataset is opened. sound: whether it holds any."""
    cast = (
        'dataset = dataset.cast_column("audio", Audio(decode=False))  # the bytes of each line\'s sound file\n'
        if sound
        else ""
    )
    names = "Audio, load_dataset" if sound else "load_dataset"
    after = "Without the last line `datasets` decodes the sound, for which it needs `pip install torchcodec`."
    return (
        "## Open it\n\nIn the folder of this card; elsewhere `load_dataset` takes the folder's path or, on the hub, "
        "the repository's name:\n\n"
        f'```python\nfrom datasets import {names}\n\ndataset = load_dataset("parquet", data_dir=".")\n{cast}```'
    ) + (f"\n\n{after}" if sound else "")
