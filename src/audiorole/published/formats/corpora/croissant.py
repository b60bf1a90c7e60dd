"""Croissant: the chosen lines as Parquet, and `croissant.json`, which describes them for search engines and loaders.

MLCommons Croissant 1.0 with the fields for responsible AI (RAI 1.0). A text that speaks of rights is the builder's to
confirm: it says what audiorole knows, and that the recordings belong to their owners.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.published.exporting import Export
from audiorole.published.formats.corpora.parquet import write as write_parquet
from audiorole.published.schema import FIELDS
from audiorole.types.plain import JsonObject

CONTEXT: JsonObject = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

RAI: JsonObject = {
    "rai:dataCollection": "Lines of television episodes that the builder owns, cut at subtitles or at speech.",
    "rai:dataAnnotationProtocol": "Who speaks is found from subtitles, scripts, reference clips and voices; each row "
    "says how sure that is and why. People may have corrected it: `decisions.jsonl` of the build says where.",
    "rai:dataBiases": "Main characters speak most of the time. Actors are few, scripted, and recorded in studios.",
    "rai:personalSensitiveInformation": "Voices of actors, who can be recognised; characters' names are fiction.",
    "rai:dataSocialImpact": "A model trained on it can imitate living people: ask them first, and mark its speech.",
    "rai:dataUseCases": "Recognition, synthesis and role-play of characters' speech, within the owners' terms.",
    "rai:dataLimitations": "Names and texts are found by machines and are wrong now and then; lines that were left "
    "out leave holes in dialogues.",
}

KINDS = {"string": "sc:Text", "double": "sc:Float", "float": "sc:Float", "int32": "sc:Integer", "bool": "sc:Boolean"}


def write(export: Export, folder: Path) -> None:
    """Write `<split>/<show>-<episode>.parquet` and `croissant.json`."""
    write_parquet(export, folder)
    described = json.dumps(croissant(folder), ensure_ascii=False, indent=2)
    (folder / "croissant.json").write_text(described + "\n", encoding="utf-8", newline="\n")


def croissant(folder: Path) -> JsonObject:
    """Return the description of the Parquet files in `folder`: one record set `lines`."""
    files = sorted(folder.glob("*/*.parquet"))
    series = _values(files, "series")
    languages = _values(files, "language")
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": "-".join(series) or "lines",
        "description": f"Character-grounded speech from {', '.join(series)}: one row a line, with its sound.",
        "license": "The recordings and texts belong to their owners; not to be passed on without their permission.",
        "url": "https://arxiv.org/abs/2509.23435",
        "version": "1.0.0",
        "citeAs": "Lines built by audiorole from episodes of their owner; method: arXiv:2509.23435.",
        "inLanguage": languages,
        "isLiveDataset": False,
        **RAI,
        "rai:machineAnnotationTools": ["audiorole"],
        "distribution": list(_distribution(folder, files)),
        "recordSet": [{"@type": "cr:RecordSet", "@id": "lines", "name": "lines", "field": list(_fields())}],
    }


def _values(files: list[Path], column: str) -> list[str]:
    found = {one for path in files for one in pq.read_table(path, columns=[column])[column].to_pylist()}
    return sorted(one for one in found if one)


def _distribution(folder: Path, files: list[Path]) -> Iterator[JsonObject]:
    for path in files:
        name = path.relative_to(folder).as_posix()
        yield {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{path.stat().st_size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    yield {
        "@type": "cr:FileSet",
        "@id": "parquet",
        "name": "parquet",
        "encodingFormat": "application/x-parquet",
        "includes": "*/*.parquet",
    }


def _fields() -> Iterator[JsonObject]:
    for name, kind in FIELDS:
        place = f"lines/{name}"
        if name == "audio":
            yield _field(place, name, "sc:AudioObject", "bytes")
        elif pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
            inside = [kind.value_type.field(n) for n in range(kind.value_type.num_fields)]
            parts = [_field(f"{place}/{one.name}", name, _kind(one.type), one.name) for one in inside]
            yield {"@type": "cr:Field", "@id": place, "name": place, "repeated": True, "subField": parts}
        elif pa.types.is_list(kind):
            yield {**_field(place, name, _kind(kind.value_type)), "repeated": True}
        else:
            yield _field(place, name, _kind(kind))


def _field(place: str, column: str, kind: str, inside: str = "") -> JsonObject:
    """Return a field; inside: the part of a column's structure that it is."""
    source: JsonObject = {"fileSet": {"@id": "parquet"}, "extract": {"column": column}}
    if inside:
        source["transform"] = {"jsonPath": inside}
    return {"@type": "cr:Field", "@id": place, "name": place, "dataType": kind, "source": source}


def _kind(kind: pa.DataType) -> str:
    return KINDS[str(kind)]
