"""Heads of model cards are YAML whatever the rights say, and the hub's own reader takes them."""

from __future__ import annotations

import pytest

from audiorole.training.backend import Rights
from audiorole.training.card_head import card_head

yaml = pytest.importorskip("yaml", reason="needs the package pyyaml (audiorole[train])")


def parsed(head: str) -> dict:
    return yaml.safe_load(head.split("---\n")[1])


def test_the_head_names_bases_library_task_and_data():
    head = parsed(card_head(["a/b", "c/d"], "peft", "text-to-speech", Rights("me/lines", "cc-by-4.0")))
    assert head["base_model"] == ["a/b", "c/d"]
    assert (head["library_name"], head["pipeline_tag"]) == ("peft", "text-to-speech")
    assert (head["license"], head["license_name"], head["datasets"]) == ("other", "cc-by-4.0", ["me/lines"])


@pytest.mark.parametrize("words", ['say "yes": no', "- a # b", "über uns", "no", "---\nlicense: mit"])
def test_words_of_people_cannot_break_it(words):
    head = parsed(card_head(["a/b"], "audiorole", "text-to-speech", Rights(words, words)))
    assert head["license_name"] == words.strip()
    assert head["license"] == "other"
    assert "datasets" not in head


def test_the_hub_s_reader_takes_it():
    hub = pytest.importorskip("huggingface_hub", reason="needs the package huggingface-hub")
    card = hub.ModelCard(card_head(["a/b"], "peft", "text-to-speech", Rights("us", "ours")) + "\n# Voices\n")
    assert card.data.base_model == ["a/b"]
