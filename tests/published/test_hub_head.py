"""The head of a card: what the hub and `datasets` read is what the files hold, and the lines of the manual open it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from audiorole.published.hub_head import Terms, hub_head, opening, table_facts
from tests.published.tiny import publish


@pytest.fixture
def dataset(tmp_path):
    """A dataset folder with its card, as a repository's root has it."""
    folder = publish(tmp_path / "out") / "dataset"
    (folder / "README.md").write_text(hub_head(facts(folder)) + "\n# Lines\n", encoding="utf-8")
    (folder / "figures").mkdir()
    (folder / "figures" / "a.svg").write_text("<svg/>")
    return folder


def facts(folder):
    return table_facts((path.parent.name, path) for path in sorted(folder.glob("*/*.parquet")))


def parsed(text: str) -> dict:
    yaml = pytest.importorskip("yaml", reason="needs the package pyyaml")
    return yaml.safe_load(text.split("---\n")[1])


def test_the_head_says_what_the_hub_asks_for(dataset):
    head = parsed((dataset / "README.md").read_text(encoding="utf-8"))
    assert head["pretty_name"] == "other, show: character-grounded speech"
    assert (head["license"], head["license_link"]) == ("other", "#rights")
    assert head["size_categories"] == ["n<1K"]
    assert head["language"] == ["en"]
    assert {"tags", "license_name", "task_categories", "source_datasets"} <= set(head)
    splits = {one["name"]: one for one in head["dataset_info"]["splits"]}
    assert {name: one["num_examples"] for name, one in splits.items()} == {"train": 12, "test": 6}
    assert head["dataset_info"]["download_size"] == sum(p.stat().st_size for p in dataset.glob("*/*.parquet"))


def test_terms_and_odd_names_are_yaml(dataset):
    known = facts(dataset)
    known.series = {"yes: no", 'a "b" #c', "nö", "- x"}
    known.languages = {"no"}
    head = parsed(hub_head(known, Terms("cc-by-4.0")))
    assert head["pretty_name"].startswith('- x, a "b" #c, nö, yes: no')
    assert head["language"] == ["no"]
    assert head["license"] == "cc-by-4.0"
    assert "license_name" not in head


def test_the_hub_s_own_reader_takes_the_head(dataset):
    hub = pytest.importorskip("huggingface_hub", reason="needs the package huggingface-hub")
    card = hub.DatasetCard.load(dataset / "README.md")
    assert card.data.license == "other"
    assert [one["split"] for one in card.data.to_dict()["configs"][0]["data_files"]] == ["test", "train"]


@pytest.mark.filterwarnings("ignore")  # the library's own
@pytest.mark.parametrize("way", ["the folder", "parquet"])
def test_datasets_opens_it_and_finds_the_features_and_sizes_of_the_head(way, dataset, tmp_path):
    datasets = pytest.importorskip("datasets", reason="needs the package datasets (audiorole[dev])")
    cache = str(tmp_path / "cache")
    if way == "the folder":
        loaded = datasets.load_dataset(str(dataset), cache_dir=cache)
    else:
        loaded = datasets.load_dataset("parquet", data_dir=str(dataset), cache_dir=cache)
    assert {name: len(split) for name, split in loaded.items()} == {"train": 12, "test": 6}
    head = parsed((dataset / "README.md").read_text(encoding="utf-8"))
    assert datasets.Features._from_yaml_list(head["dataset_info"]["features"]) == loaded["train"].features


def test_the_lines_of_the_card_run_in_its_folder(dataset, tmp_path):
    pytest.importorskip("datasets", reason="needs the package datasets (audiorole[dev])")
    snippet = opening().split("```python\n")[1].split("```")[0]
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    code = f"{snippet}\nprint(dataset['train'][0]['audio']['bytes'][:4], len(dataset['train']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=dataset, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["b'fLaC'", "12"], done.stderr[-2000:]


def test_a_dataset_without_lines_has_a_head_too(tmp_path):
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    head = parsed(hub_head(facts(tmp_path)))
    assert head["language"] == ["und"]
    assert "configs" not in head
