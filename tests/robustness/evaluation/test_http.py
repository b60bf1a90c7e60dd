"""The HTTP zoo: whatever a server does, the run ends soon, the key goes nowhere else, everybody else is scored."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiorole.errors import ConfigError
from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.base import Prompt, SpeechSystem
from audiorole.evaluation.systems.cascade import CascadeSystem
from audiorole.evaluation.systems.http import (
    Connection,
    HttpError,
    HttpSystem,
    OverdueError,
    UnreachableError,
    check_reachable,
    knock,
    post_json,
)

from .conftest import scored
from .http_zoo import Zoo, names

SECONDS = 0.4
SAID = {
    "redirects_elsewhere": "redirects to 127.0.0.1",
    "redirects_the_post": "redirects to 127.0.0.1",
    "redirects_to_a_file": "redirects to another path",
    "redirects_to_itself": "redirects to another path",
    "hangs_up": "cannot be reached",
    "speaks_no_http": "gave no whole answer",
    "has_thousands_of_headers": "gave no whole answer",
    "promises_ten_gigabytes": "more than 1,048,576 bytes",
    "sends_without_end": "more than 1,048,576 bytes",
    "sends_chunks_without_end": "more than 1,048,576 bytes",
    "breaks_off": "gave no whole answer",
    "has_bad_chunks": "gave no whole answer",
    "answers_in_html": "did not answer with a JSON object",
    "answers_a_list": "did not answer with a JSON object",
    "answers_brackets": "did not answer with a JSON object",
    "answers_zipped": "did not answer with a JSON object",
    "answers_nothing": "did not answer with a JSON object",
    "answers_no_sound": "cannot be read",
    "answers_a_number_as_text": "the text is 5",
    "is_always_busy": "answered 503: later",
    "tells_the_key": "answered 401: no such key: …",
}
"""What a misbehaviour comes to; the others go over their time."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiorole.evaluation.systems.exchange.MOST_BYTES", 1 << 20)
    monkeypatch.setenv("AUDIOROLE_SYSTEM_KEY", " TOP-SECRET\n")


@pytest.fixture
def zoo() -> Iterator[Zoo]:
    made = Zoo()
    yield made
    made.close()


def system(address: str, seconds: float = SECONDS) -> HttpSystem:
    made = HttpSystem(address)
    made.line = Connection(pause=0.01, seconds=seconds)
    return made


def test_every_misbehaviour_is_rows_and_the_others_are_scored(evaluation: Evaluation, zoo: Zoo, tmp_path: Path) -> None:
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    patience = {name: SECONDS for name in names() if name not in SAID}
    systems: dict[str, SpeechSystem] = {
        name: system(f"{zoo.here}/{name}", patience.get(name, 20.0)) for name in (*names(), "good")
    }
    found = scored(evaluation, tmp_path, systems)
    assert not {"error", "missing"} & set(found["good"].statuses)
    for name in names():
        assert found[name].statuses == {"error": len(evaluation.items.items)}, name
        details = [row.detail for row in read_rows(tmp_path, name)]
        assert SAID.get(name, "had not answered in full") in details[0], (name, details)
        assert not any("TOP-SECRET" in detail for detail in details)
    assert time.monotonic() - begun < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert "stolen" not in zoo.heard, "a redirect was followed"
    assert b"Bearer TOP-SECRET\r\n" in zoo.heard["good"][-1]


@pytest.mark.parametrize("name", ["says_nothing", "never_takes", "drips_the_head", "drips_the_body"])
def test_one_deadline_runs_over_everything(zoo: Zoo, name: str, prompt: Prompt) -> None:
    begun = time.monotonic()
    with pytest.raises(OverdueError, match="had not answered in full"):
        post_json(f"{zoo.here}/{name}", {"x": "y" * 20_000_000}, seconds=SECONDS)
    assert time.monotonic() - begun < SECONDS + 20


def test_a_server_that_hangs_is_not_waited_for_at_every_item(zoo: Zoo, prompt: Prompt) -> None:
    slow, waited = system(f"{zoo.here}/says_nothing"), []
    for _ in range(8):
        begun = time.monotonic()
        with pytest.raises(OverdueError):
            slow.respond(prompt)
        waited.append(time.monotonic() - begun)
    assert min(waited[:3]) >= SECONDS
    assert sum(waited[3:]) < len(waited[3:]) * SECONDS


ODD = [
    "http://",
    "http:///respond",
    "https://:443/",
    "http://[::1/respond",
    "http://[not-an-ip]/",
    "http://host:99999/",
    "http://host:port/",
    "http://host:0/",
    "http://a..b/",
    "http://" + "a" * 64 + ".example/",
    "http://host/a b",
    "http://host/\r\nX-Evil: 1",
    "http://ho\x00st/",
    "http://user:secret@host/",
    "http://münchen.example/",
    "http://host/" + "x" * 5000,
    "ftp://host/",
    "file:///etc/passwd",
    "host:8000/respond",
    "",
]


@pytest.mark.parametrize("address", ODD)
def test_odd_hosts_are_sentences_everywhere(address: str, tmp_path: Path) -> None:
    for ask in (HttpSystem.check, check_reachable, knock, lambda each: post_json(each, {}, pause=0.0)):
        with pytest.raises(ConfigError) as told:
            ask(address)
        assert "\n" not in str(told.value)
        assert "secret" not in str(told.value)
    recipe = tmp_path / "cascade.toml"
    if address.isprintable():
        recipe.write_text(
            f'[chat]\nurl = "{address}"\nmodel = "m"\n[speech]\nurl = "http://127.0.0.1:9"\nmodel = "t"\n'
        )
        with pytest.raises(ConfigError):
            CascadeSystem.check(str(recipe))


@pytest.mark.parametrize("host", ["nobody.invalid", "127.0.0.1:9", "a" * 63 + ".invalid"])
def test_a_host_that_is_not_there_is_a_sentence(host: str) -> None:
    with pytest.raises(ConfigError, match="cannot be reached"):
        HttpSystem.check(f"http://{host}/respond")
    with pytest.raises(UnreachableError):
        post_json(f"http://{host}/respond", {}, pause=0.0)


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel", "nul\x00"])
def test_a_key_that_no_header_can_carry_is_not_told(key: str, zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {"AUDIOROLE_SYSTEM_KEY": key})
    with pytest.raises(ConfigError, match="no header can carry") as told:
        HttpSystem.check(f"{zoo.here}/good")
    assert key not in str(told.value)


def test_a_cascades_endpoints_do_not_lead_the_key_away(
    zoo: Zoo, tmp_path: Path, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_KEY", "TOP-SECRET")
    recipe = tmp_path / "cascade.toml"
    chat = f'[chat]\nurl = "{zoo.here}/redirects_elsewhere"\nmodel = "m"\nkey_variable = "CHAT_KEY"\n'
    recipe.write_text(f'{chat}[speech]\nurl = "{zoo.here}/v1"\nmodel = "t"\n')
    with pytest.raises(HttpError, match="redirects to"):
        CascadeSystem(str(recipe)).respond(prompt)
    assert "stolen" not in zoo.heard
