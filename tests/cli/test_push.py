"""`audiorole push` against a stand-in of the hub: nothing leaves before the rights were shown and stated."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audiorole.published.hub_head import hub_head, table_facts
from audiorole.published.release import STATEMENT
from tests.published.hub_stand_in import TOKEN, Hub, Repository
from tests.published.tiny import publish

pytest.importorskip("huggingface_hub", reason="needs the package huggingface-hub (audiorole[push])")

MORE = ["--source", "our own recordings"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = publish(tmp_path / "out")
    facts = table_facts((path.parent.name, path) for path in sorted((out / "dataset").glob("*/*.parquet")))
    card = f"{hub_head(facts)}\n# show\n\nAbout.\n\n## Open it\n\nOld.\n\n## Rights\n\nOld.\n"
    (out / "dataset" / "README.md").write_text(card, encoding="utf-8")
    (out / "dataset" / "notes.txt").write_text("mine")
    return out


@pytest.fixture
def hub():
    with Hub() as hub:
        yield hub


def push(hub: Hub, out: Path, *words: str, typed: str = STATEMENT, token: str = TOKEN) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub.address, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(out.parent / "hf")}
    environment |= {"HF_TOKEN": token} if token else {}
    command = [sys.executable, "-m", "audiorole", "push", str(out), *words]
    done = subprocess.run(command, input=f"{typed}\n", env=environment, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done


def rows(hub: Hub, name: str = "me/lines") -> list[dict]:
    files = hub.repositories[name].files
    found = [pq.read_table(io.BytesIO(data)) for path, data in sorted(files.items()) if path.endswith(".parquet")]
    return [row for table in found for row in table.to_pylist()]


def test_private_and_without_sound_unless_said(hub, out):
    done = push(hub, out, "me/lines", *MORE)
    assert done.returncode == 0, done.stderr
    assert "18 lines" in done.stdout
    assert "without sound" in done.stdout
    assert "private" in done.stdout
    assert hub.repositories["me/lines"].private
    assert len(rows(hub)) == 18
    assert all("audio" not in row and row["text"] for row in rows(hub))
    files = hub.repositories["me/lines"].files
    card = files["README.md"].decode()
    assert "notes.txt" not in files
    assert "Old." not in card
    assert "About." in card
    assert "our own recordings" in card
    assert "name: audio\n" not in card
    assert done.stdout.rstrip().endswith("/datasets/me/lines")


def test_sound_and_the_public_are_said(hub, out):
    done = push(hub, out / "dataset", "me/lines", *MORE, "--with-audio", "--public", "--licence", "cc-by-4.0")
    assert done.returncode == 0, done.stderr
    assert "PUBLIC" in done.stdout
    assert not hub.repositories["me/lines"].private
    assert all(row["audio"]["bytes"][:4] == b"fLaC" for row in rows(hub))
    assert 'license: "cc-by-4.0"' in hub.repositories["me/lines"].files["README.md"].decode()


@pytest.mark.parametrize("typed", ["", "yes", "I have the right", "n"])
def test_nothing_is_sent_before_the_right_is_stated(typed, hub, out):
    done = push(hub, out, "me/lines", *MORE, typed=typed)
    assert done.returncode == 2
    assert "Nothing was sent" in done.stderr
    assert not hub.repositories
    assert not hub.sent


def test_a_stopped_upload_sends_only_what_is_missing(hub, out):
    hub.fail_after = 1
    done = push(hub, out, "me/lines", *MORE)
    assert done.returncode == 2
    assert "run the same command again" in done.stderr
    assert (len(hub.sent), hub.repositories["me/lines"].commits) == (1, 0)
    hub.fail_after = None
    assert push(hub, out, "me/lines", *MORE).returncode == 0
    assert len(hub.sent) == len(set(hub.sent)) == 3
    assert hub.repositories["me/lines"].commits == 1


def test_a_second_push_takes_away_what_is_gone_and_nothing_of_others(hub, out):
    assert push(hub, out, "me/lines", *MORE).returncode == 0
    hub.repositories["me/lines"].files["train/theirs.parquet"] = b"not ours"
    (out / "dataset" / "test" / "show-s01e02.parquet").unlink()
    assert push(hub, out, "me/lines", *MORE).returncode == 0
    files = hub.repositories["me/lines"].files
    assert "test/show-s01e02.parquet" not in files
    assert files["train/theirs.parquet"] == b"not ours"
    assert len([name for name in files if name.startswith("train/")]) == 3


def test_a_public_repository_takes_nothing_that_was_to_be_private(hub, out):
    hub.repositories["me/lines"] = Repository(private=False)
    done = push(hub, out, "me/lines", *MORE)
    assert done.returncode == 2
    assert "is public" in done.stderr
    assert not hub.sent


@pytest.mark.parametrize(
    ("refuse", "token", "name", "said"),
    [
        (0, "", "me/lines", "no token"),
        (0, "hf_wrong", "me/lines", "(401)"),
        (403, TOKEN, "me/lines", "(403)"),
        (0, TOKEN, "lines", "organisation/name"),
        (0, TOKEN, "me/no good", "no name of a repository"),
    ],
)
def test_a_refusal_is_one_sentence(refuse, token, name, said, hub, out):
    hub.refuse = refuse
    done = push(hub, out, name, *MORE, token=token)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not hub.repositories


def test_a_server_that_is_not_there_is_one_sentence(out):
    done = push(Hub(address="http://127.0.0.1:9"), out, "me/lines", *MORE)
    assert done.returncode == 2
    assert "could not be reached" in done.stderr


def test_what_is_no_dataset_is_2(hub, tmp_path):
    (tmp_path / "empty").mkdir()
    done = push(hub, tmp_path / "empty", "me/lines", *MORE)
    assert done.returncode == 2
    assert "no published dataset" in done.stderr
