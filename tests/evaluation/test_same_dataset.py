"""The same dataset in another folder, or out of another export, compares as the same."""

from __future__ import annotations

import dataclasses
import shutil

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.published import open_published
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.published.exporting import export_lines
from audiorole.published.selection import Selection
from tests.published.tiny import publish


def test_where_a_dataset_lies_is_no_part_of_the_signature(evaluation: Evaluation, corpus: Corpus) -> None:
    signatures = {
        dataclasses.replace(evaluation, corpus=dataclasses.replace(corpus, name=name)).signature
        for name in ("out", "dataset", "copy of out")
    }
    assert len(signatures) == 1


def test_a_copy_an_export_and_the_build_hold_the_same_data(tmp_path) -> None:
    out = publish(tmp_path / "out")
    shutil.copytree(out / "dataset", tmp_path / "elsewhere")
    export_lines(out, "parquet", tmp_path / "exported")
    folders = (out, out / "dataset", tmp_path / "elsewhere", tmp_path / "exported")
    assert len({open_published(folder).fingerprint for folder in folders}) == 1


def test_fewer_lines_are_other_data(tmp_path) -> None:
    out = publish(tmp_path / "out")
    export_lines(out, "parquet", tmp_path / "fewer", Selection(tiers=("A",)))
    assert open_published(tmp_path / "fewer").fingerprint != open_published(out).fingerprint
