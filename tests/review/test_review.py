"""Review of a small build: questions, answers that take effect at once, undo to the byte, a token, no media needed."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from audiorole.review.checks.answer import Answer
from audiorole.review.server import review_app
from audiorole.review.session import ReviewSession
from audiorole.review.views import whole_state
from audiorole.testing.series import tiny_build
from tests.dataset.conftest import fake_models

HEADERS = {"x-audiorole-token": "secret"}

__all__ = ["fake_models"]  # a fixture that applies to every test here


def published(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "dataset").rglob("*.parquet"))}


def test_a_decision_changes_the_dataset_and_undo_restores_its_bytes(out):
    before = published(out)
    assert before
    session = ReviewSession(out)
    line = whole_state(session)["queue"][0]["lines"][0]["id"]
    session.decide(Answer("label_line", line, "Zelda"))
    tiny_build(out.parent / "in", out)
    assert any(b"Zelda" in content for content in published(out).values())
    ReviewSession(out).undo()
    tiny_build(out.parent / "in", out)
    assert published(out) == before


def test_an_answer_takes_effect_at_once_without_the_media(out):
    for media in (out.parent / "in").rglob("*"):
        if media.is_file() and media.suffix not in (".srt", ".toml"):
            media.unlink()
    session = ReviewSession(out)
    item = whole_state(session)["queue"][0]
    session.decide(Answer("label_line", item["lines"][0]["id"], "Zelda"))
    assert whole_state(session)["decisions"] == 1
    assert (out / "decisions.jsonl").read_text().count("Zelda") == 1


def test_the_page_and_every_answer_want_the_token(out):
    client = TestClient(review_app(ReviewSession(out), "secret"), base_url="http://127.0.0.1")
    for refused in (
        client.get("/"),
        client.get("/state"),
        client.post("/decide", json={}),
        client.post("/undo", json={}),
    ):
        assert refused.status_code == 403
    assert client.get("/?token=secret").status_code == 200
    assert client.get("/state", headers=HEADERS).json()["lines"] == 12
    line = "show/s01e01/u00002"
    body = {"kind": "label_line", "subject": line, "value": "Zelda"}
    assert client.post("/decide", json=body, headers=HEADERS).json()["decisions"] == 1
    assert client.post("/decide", json={"kind": "nonsense"}, headers=HEADERS).status_code == 400
    assert client.get(f"/sound?line={line}", headers=HEADERS).status_code == 200
    assert client.get("/sound?line=nothing", headers=HEADERS).status_code == 404
