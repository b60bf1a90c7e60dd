"""What the page asks its server: states, questions, lists, clips, pictures; two reviewers; what is wrong, in words."""

from __future__ import annotations

import hashlib
import io
import re
from fractions import Fraction
from importlib.resources import files

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra audiorole[review]")

import av
import soundfile
from starlette.testclient import TestClient

from audiorole.audio.pictures import picture_at
from audiorole.review.pages import VENDORED, static_files
from audiorole.review.server import review_app
from audiorole.review.session import ReviewSession
from audiorole.testing.series import sound, srt, tiny_build
from tests.review.conftest import HEADERS, SETTINGS, TOKEN

LINE, EPISODE = "show/s01e01/u00003", "show/s01e01"


class Caller:
    """Asks as the page does."""

    def __init__(self, out, who="ann") -> None:
        self.session = ReviewSession(out, who=who)
        self.client = TestClient(review_app(self.session, TOKEN), base_url="http://127.0.0.1")

    def get(self, path, status=200):
        answer = self.client.get(path, headers=HEADERS)
        assert answer.status_code == status, answer.text
        return answer

    def post(self, path, status=200, **body):
        answer = self.client.post(path, json=body, headers=HEADERS)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def call(out):
    return Caller(out)


def test_a_decision_is_shown_at_once_and_names_follow(call):
    before = call.get("/state").json()
    call.session.live.wait()
    done = call.post("/decide", kind="label_line", subject=LINE, value="Cora", who="ben")
    assert done["decision"]["who"] == "ben"
    line = call.get(f"/line?line={LINE}").json()
    assert (line["character"], line["probability"], line["decided"]) == ("Cora", 1.0, True)
    assert [each["value"] for each in line["decisions"]] == ["Cora"]
    call.session.live.wait()
    after = call.get("/changes").json()
    assert after["version"] > before["version"]
    assert not after["busy"]
    assert call.get("/state").json()["people"] == {"ben": 1}


def test_questions_that_are_skipped_or_answered_do_not_come_again(nameless):
    call = Caller(nameless)
    assert call.get("/questions").json()["ranked"] is False
    call.session.live.wait()
    first, second, *_ = call.get("/questions").json()["questions"]
    assert call.get("/questions", 200).json()["questions"][0]["key"] == first["key"]
    left = call.client.get("/questions", params={"skip": [first["key"]]}, headers=HEADERS).json()["questions"]
    assert left[0]["key"] == second["key"]
    call.post("/decide", kind="name_voice", subject=second["subject"], value="Ben")
    keys = [one["key"] for one in call.get("/questions").json()["questions"]]
    assert second["key"] not in keys


def test_two_people_agree_and_disagree(call):
    for line, ann, ben in ((1, "Anna", "Anna"), (2, "Ben", "Cora"), (4, "Cora", "Cora")):
        subject = f"{EPISODE}/u0000{line}"
        call.post("/decide", kind="label_line", subject=subject, value=ann, who="ann")
        call.post("/decide", kind="label_line", subject=subject, value=ben, who="ben")
    state = call.get("/state?who=ben").json()
    assert (state["agreement"]["lines"], state["agreement"]["same"]) == (3, 2)
    assert state["agreement"]["alpha"] == pytest.approx(1 - (2 / 6) / (22 / 30))  # by hand: values A A B C C C
    assert state["who"] == "ben"
    assert len(state["conflicts"]) == 1
    undone = call.post("/undo", who="ann")["decision"]
    assert undone["who"] == "ann"
    assert call.get("/state").json()["people"] == {"ann": 2, "ben": 3}


def test_one_decision_of_ones_own_is_undone_by_its_id(call):
    first = call.post("/decide", kind="edit_text", subject=LINE, value="One.", who="ann")["decision"]["id"]
    call.post("/decide", kind="mark_overlap", subject=LINE, value="yes", who="ann")
    refused = call.post("/undo", 400, who="ben", decision=first)
    assert "no decision of yours" in refused["error"]
    call.post("/undo", who="ann", decision=first)
    line = call.get(f"/line?line={LINE}").json()
    assert (line["text"], line["overlap"]) == (line["built"]["text"], 1.0)


def test_progress_counts_hours_and_says_how_many_questions_are_left(nameless):
    call = Caller(nameless)
    progress = call.get("/state").json()["progress"]
    assert progress["settled"] == 0
    assert progress["questions"] >= 1
    call.session.live.wait()
    for one in call.get("/state").json()["voices"]:
        call.post("/decide", kind="name_voice", subject=one["voice"], value=f"Person {one['voice']}", new=True)
    call.session.live.wait()
    after = call.get("/state").json()["progress"]
    assert after["expected"] > progress["expected"]
    assert after["questions"] < progress["questions"] or after["questions"] == 0


def test_lists_are_filtered_and_placed(call):
    assert call.get("/lines?character=Anna").json()["total"] == 4
    assert call.get(f"/lines?episode={EPISODE}&first=2&count=2").json()["rows"][0]["id"] == LINE
    assert call.get("/lines?text=BREAKFAST").json()["total"] == 2
    assert call.get(f"/place?episode={EPISODE}&line={LINE}").json() == {"place": 2}
    assert call.get(f"/place?episode={EPISODE}&at=4.5").json() == {"line": LINE}
    voice = call.get(f"/line?line={LINE}").json()["voice"]
    (own,) = [one for one in call.get("/state").json()["voices"] if one["voice"] == voice]
    assert call.get(f"/lines?voice={voice}&order=outliers").json()["total"] == own["lines"]
    assert call.get("/lines?count=0").json()["rows"] == []


@pytest.mark.parametrize("line", ["nothing", "", f"{LINE}0132", "show/s09e09/u00001"])
def test_a_line_that_is_no_more_is_an_answer_and_no_fault(call, line):
    assert call.get(f"/line?line={line}").json() == {"gone": True}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/lines?first=-1", "whole numbers"),
        ("/lines?first=1e9", "whole numbers"),
        ("/lines?count=100000", "at most 500"),
        ("/lines?below=2", "from 0 to 1"),
        ("/lines?below=nan", "from 0 to 1"),
        ("/lines?episode=show/s09e09", "no episode"),
        (f"/lines?text={'x' * 300}", "at most 200"),
        ("/place?at=5", "no episode"),
        (f"/sound?line={LINE}&pad=x", "pad is a number"),
        (f"/state?who={'x' * 99}", "at most 60"),
        ("/state?who=a%00b", "control character"),
    ],
)
def test_what_is_not_understood_is_said(call, path, said):
    assert said in call.get(path, 400).json()["error"]


NOT_ANSWERS = [
    {},
    {"kind": 3, "subject": LINE},
    {"kind": "label_line", "subject": LINE, "lines": "x"},
    {"kind": "nonsense", "subject": LINE},
    {"kind": "edit_bounds", "subject": LINE, "span": [1]},
    {"kind": "edit_bounds", "subject": LINE, "span": ["1", 2]},
    {"kind": "edit_bounds", "subject": LINE, "span": [True, 2]},
    {"kind": "edit_bounds", "subject": LINE, "span": [0, 10**400]},
    {"kind": "add_line", "subject": EPISODE, "value": "Hm.", "span": [-(10**400), 2]},
    {"kind": "edit_text", "subject": LINE, "value": "\u200b"},
    {"kind": "label_line", "subject": LINE, "value": "Anna", "who": 5},
]


@pytest.mark.parametrize("body", NOT_ANSWERS)
def test_what_cannot_be_decided_is_refused(call, body):
    call.post("/decide", 400, **body)
    assert call.session.standing.log == []


def test_a_line_is_heard_with_what_lies_around_it_and_a_character_by_their_best_line(call):
    call.session.live.wait()
    alone, around = call.get(f"/sound?line={LINE}"), call.get(f"/sound?line={LINE}&pad=1.5")
    row = call.get(f"/line?line={LINE}").json()
    assert length(alone) == pytest.approx(row["end"] - row["start"], abs=0.01)
    assert length(around) == pytest.approx(length(alone) + 3, abs=0.02)
    assert float(around.headers["x-start"]) == pytest.approx(row["start"] - 1.5, abs=0.001)
    assert length(call.get("/reference?name=Anna")) > 1
    call.get("/reference?name=Nobody", 404)
    call.get("/sound?line=nothing", 404)
    call.get(f"/picture?line={LINE}", 404)


def test_the_clip_of_the_cast_file_is_a_characters_voice(out):
    soundfile.write(out.parent / "in" / "anna.wav", np.full(8000, 0.1), 16_000)
    (out.parent / "in" / "cast.toml").write_text('[[character]]\nname = "Anna"\nreferences = [{path = "anna.wav"}]\n')
    tiny_build(out.parent / "in", out, *SETTINGS)
    assert length(Caller(out).get("/reference?name=anna")) == pytest.approx(0.5)


def test_without_the_media_the_published_sound_is_played(out):
    tiny_build(out.parent / "in", out, *SETTINGS)
    for media in (out.parent / "in").glob("*.flac"):
        media.unlink()
    call = Caller(out)
    assert length(call.get(f"/sound?line={LINE}&pad=2")) > 1


def length(answer) -> float:
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    return len(samples) / rate


def film(path) -> None:
    """Write ten seconds of picture, another grey each second, with the tiny series' sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt, video.gop_size = 320, 180, "yuv420p", 25
        audio = container.add_stream("flac", rate=48_000)
        audio.layout = "mono"
        for at in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 20 + 20 * (at // 10), np.uint8), "rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 10)
            container.mux(video.encode(frame))
        samples = (sound() * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.rate, frame.pts = 48_000, 0
        container.mux(audio.encode(frame))
        for stream in (video, audio):
            container.mux(stream.encode(None))


def grey(data: bytes) -> float:
    with av.open(io.BytesIO(data), format="mjpeg") as container:
        (frame,) = container.decode(video=0)
        return float(frame.to_ndarray(format="rgb24").mean())


def test_the_picture_is_that_of_the_moment(tmp_path):
    path = tmp_path / "in" / "Show.S01E01.mkv"
    path.parent.mkdir()
    film(path)
    path.with_suffix(".srt").write_text(srt())
    for moment in (0.5, 4.4, 9.7):
        assert grey(picture_at(path, moment, 160)) == pytest.approx(20 + 20 * int(moment), abs=3)
    tiny_build(path.parent, tmp_path / "out", *SETTINGS)
    call = Caller(tmp_path / "out")
    line = call.get(f"/line?line={LINE}").json()
    assert line["video"]
    answer = call.get(f"/picture?line={LINE}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert grey(answer.content) == pytest.approx(20 + 20 * int((line["start"] + line["end"]) / 2), abs=3)


def test_modules_are_plain_files_behind_the_token(call):
    page = call.get("/").text
    names = set(re.findall(r"/static/([\w./-]+)\?token=", page))
    assert {"main.js", "base.css", "vendor/wavesurfer.esm.js"} <= names
    for name in names:
        answer = call.get(f"/static/{name}")
        assert answer.text == static_files()[name]
        assert call.client.get(f"/static/{name}").status_code == 403
    for name in ("../server.py", "page.html", "vendor/LICENSE", "nothing.js", "%2e%2e/server.py"):
        call.get(f"/static/{name}", 404)
    wanted = set(re.findall(r'from "([\w/]+)"', "".join(static_files().values())))
    assert wanted <= set(re.findall(r'"([\w/]+)": "/static/', page))


def test_vendored_libraries_are_those_that_their_readme_says():
    folder = files("audiorole.review").joinpath("static", "vendor")
    said = dict(re.findall(r"\| `([\w.]+)` \|.*`([0-9a-f]{64})`", folder.joinpath("README.md").read_text()))
    assert set(said) == set(VENDORED.values())
    for name, digest in said.items():
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest
    assert "BSD 3-Clause" in folder.joinpath("LICENSE").read_text()
