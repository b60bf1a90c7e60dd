"""Exports read back by the loaders of the tools that they are for: counts, durations, text and sound must be the same.

    python -m venv --system-site-packages readers && readers/bin/pip install --no-deps ms-swift llamafactory \\
        label-studio-sdk sphn meeteval praat-parselmouth nemo-toolkit "lightning<2.6" "pytorch-lightning<2.6"
                                                               # and what their imports ask for
    python -m benchmarks.format_readers OUT/dataset --scratch FOLDER [--only FORMAT …] [--qwen3-tts CLONE]

The other libraries read back in the tests (`tests/published/formats`). These ask for versions of torch, transformers
and numpy of their own, or have licences that a dependency may not have, so they live in an environment of their own;
what is not installed is said. LLaMA-Factory's check of versions is switched off and torchaudio, which its loader
imports and does not use, may be an empty module. The trainer of Qwen3-TTS is in no package: CLONE is its repository,
and `qwen-tts` and `transformers<5` are installed, best in one more environment. Its codec's weights are not needed:
codes that stand for nothing take the place of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile

from audiorole.audio.pcm import to_int16
from audiorole.published.exporting import export_lines
from audiorole.published.lines import PublishedLine, published_lines
from audiorole.published.sound import samples_of

Lines = dict[str, PublishedLine]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--qwen3-tts", type=Path, help="a clone of QwenLM/Qwen3-TTS")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ["DISABLE_VERSION_CHECK"] = "1"
    scratch = given.scratch.resolve()
    lines = {line.id: line for line in published_lines(given.dataset)}
    print("| format | read by | rows | the same |\n|---|---|---|---|")
    for form, package, read in [*READERS, ("qwen3-tts", "qwen-tts", partial(qwen3_tts, clone=given.qwen3_tts))]:
        if given.only and form not in given.only:
            continue
        folder = scratch / form
        shutil.rmtree(folder, ignore_errors=True)
        export_lines(given.dataset, form, folder)
        try:
            found = read(folder, lines)
        except ModuleNotFoundError as error:
            found = f"not read: {error.name} is not installed |"
        else:
            package = f"{package} {version(package)}"
        print(f"| {form} | {package} | {found} |", flush=True)


def swift(folder: Path, lines: Lines) -> str:
    """ms-swift's own loader, strict: a row that it would skip is an error."""
    from swift.dataset import load_dataset

    os.chdir(folder)
    rows = sounds = 0
    for path in sorted(folder.glob("*.jsonl")):
        known = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
        loaded, _ = load_dataset([str(path)], split_dataset_ratio=0.0, num_proc=1, strict=True)
        assert len(loaded) == len(known)
        for row, own in zip(loaded, known, strict=True):
            assert [(m["role"], m["content"]) for m in row["messages"]] == [
                (m["role"], m["content"]) for m in own["messages"]
            ]
            paths = [one if isinstance(one, str) else one["path"] for one in row.get("audios") or []]
            assert paths == own.get("audios", [])
            sounds += check_sounds(folder, paths, lines)
        rows += len(known)
    return f"{rows} | messages; {sounds} sounds, samples"


def llama_factory(folder: Path, lines: Lines) -> str:
    """LLaMA-Factory's own converter, by the dataset_info.json."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    names = list(json.loads((folder / "dataset_info.json").read_text(encoding="utf-8")))
    rows = sounds = 0
    for name, found in zip(names, get_dataset_list(names, str(folder)), strict=True):
        arguments = DataArguments(dataset_dir=str(folder), media_dir=str(folder), dataset=name, template="qwen2_audio")
        model = SimpleNamespace(hf_hub_token=None, ms_hub_token=None, om_hub_token=None, cache_dir=f"{folder}-cache")
        training = SimpleNamespace(should_log=False, local_process_index=0)
        loaded = _load_single_dataset(found, model, arguments, training)
        known = json.loads((folder / found.dataset_name).read_text(encoding="utf-8"))
        assert len(loaded) == len(known)
        for row, own in zip(loaded, known, strict=True):
            assert row["_response"], "the loader found a side out of turn"
            said = [message["content"] for message in [*row["_prompt"], *row["_response"]]]
            assert [row["_system"], *said] == [message["content"] for message in own["messages"]]
            paths = [str(Path(path).relative_to(folder)) for path in row["_audios"] or []]
            assert paths == own.get("audios", [])
            assert "".join(said).count("<audio>") == len(paths)
            sounds += check_sounds(folder, paths, lines)
        rows += len(known)
    return f"{rows} | prompt, answer, system; {sounds} sounds, samples"


def label_studio(folder: Path, lines: Lines) -> str:
    """Label Studio's own checks of a task and a prediction against the interface."""
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface((folder / "labelling.xml").read_text(encoding="utf-8"))
    interface.validate()
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    for task in tasks:
        assert interface.validate_task({"data": task["data"]})
        for prediction in task["predictions"]:
            assert not interface.validate_prediction(prediction, return_errors=True)
        line = lines[task["data"]["line"]]
        assert task["data"]["text"] == line.values["text"]
        check_sounds(folder, [task["data"]["audio"].partition("?d=")[2]], lines)
    assert len(tasks) == len(lines)
    return f"{len(tasks)} | tasks and predictions valid; text; sounds, samples"


def moshi(folder: Path, lines: Lines) -> str:
    """The reader that Moshi's trainer reads its sound with."""
    import sphn

    rows = 0
    for path in sorted(folder.glob("*.jsonl")):
        known = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
        durations = sphn.durations([str(folder / one["path"]) for one in known])
        assert all(abs(a - one["duration"]) < 1e-3 for a, one in zip(durations, known, strict=True))
        read = sphn.dataset_jsonl(str(path), duration_sec=120, pad_last_segment=True, sample_rate=24000)
        for item, one in zip(read.seq(skip=0, step_by=1), known, strict=True):
            samples, _ = soundfile.read(folder / one["path"], dtype="float32", always_2d=True)
            assert item["data"].shape[0] == 2
            assert np.abs(item["data"][:, : item["unpadded_len"]] - samples.T).max() < 1e-4
        rows += len(known)
    return f"{rows} | durations; both channels, samples"


def meeteval(folder: Path, lines: Lines) -> str:
    """MeetEval's reader of STM."""
    import meeteval.io

    rows = 0
    for path in sorted(folder.glob("*.stm")):
        own = [line for line in lines.values() if line.stem == path.stem]
        for segment, line in zip(meeteval.io.STM.load(path).lines, own, strict=True):
            assert abs(float(segment.begin_time) - line.values["start"]) < 1e-3
            assert abs(float(segment.end_time) - line.values["end"]) < 1e-3
            assert segment.transcript.split() == line.values["text"].replace(";;", ";").split()
            rows += 1
    return f"{rows} | begin, end, words"


def meeteval_rttm(folder: Path, lines: Lines) -> str:
    """MeetEval's reader of RTTM."""
    import meeteval.io

    rows = 0
    for path in sorted(folder.glob("*.rttm")):
        own = [line for line in lines.values() if line.stem == path.stem]
        for segment, line in zip(meeteval.io.RTTM.load(path).lines, own, strict=True):
            assert abs(float(segment.begin_time) - line.values["start"]) < 1e-3
            assert abs(float(segment.duration) - line.values["duration"]) < 2e-3
            rows += 1
    return f"{rows} | begin, duration"


def praat(folder: Path, lines: Lines) -> str:
    """Praat itself."""
    import parselmouth
    from parselmouth.praat import call

    rows = 0
    for path in sorted(folder.glob("*.TextGrid")):
        grid = parselmouth.read(str(path))
        texts = [text for tier in range(1, call(grid, "Get number of tiers") + 1) for text in labels(call, grid, tier)]
        own = [line for line in lines.values() if line.stem == path.stem]
        assert sorted(texts) == sorted(" ".join(line.values["text"].split()) or "–" for line in own)
        rows += len(texts)
    return f"{rows} | texts of the tiers of lines"


def labels(call: Callable[..., Any], grid: Any, tier: int) -> Iterator[str]:
    if not call(grid, "Get tier name", tier).endswith("– words"):
        for place in range(1, call(grid, "Get number of intervals", tier) + 1):
            if text := call(grid, "Get label of interval", tier, place):
                yield text


def nemo(folder: Path, lines: Lines) -> str:
    """NeMo's dataset of recognition, as its recognisers train on a manifest, and its reader of manifests for lhotse."""
    from nemo.collections.asr.data.audio_to_text import AudioToCharDataset
    from nemo.collections.common.data.lhotse.nemo_adapters import LazyNeMoIterator

    by_name, rows = {line.name: line for line in lines.values()}, 0
    letters = sorted({letter for line in lines.values() for letter in line.values["text"]} | {" "})
    for path in sorted(folder.glob("*.jsonl")):
        rate = soundfile.info(next((folder / "audio" / path.stem).iterdir())).samplerate
        read = AudioToCharDataset(str(path), letters, rate, normalize=False)
        for at, (samples, length, text, _) in enumerate(read):
            entry = read.get_manifest_sample(at)
            line = by_name[Path(entry.audio_file).stem]
            assert digest(samples.numpy()) == digest(samples_of(line, rate))
            assert abs(int(length) / rate - entry.duration) < 1e-3
            assert (entry.text_raw, entry.lang) == (line.values["text"], line.values["language"])
            assert "".join(letters[code] for code in text.tolist()) == line.values["text"]
        for cut in LazyNeMoIterator(str(path)):
            line = lines[cut.custom["id"]]
            assert digest(cut.load_audio()[0]) == digest(samples_of(line, rate))
            assert cut.custom["speaker"] == line.voice
            assert (cut.supervisions[0].text, cut.supervisions[0].language) == (
                line.values["text"], line.values["language"]
            )  # fmt: skip
            rows += 1
        assert len(read) == sum(1 for _ in path.open(encoding="utf-8"))
    assert rows == len(lines)
    return f"{rows} | text, language, speaker, duration; samples, twice"


def qwen3_tts(folder: Path, lines: Lines, clone: Path | None) -> str:
    """The reader of Qwen3-TTS's codec, and the dataset class of its trainer."""
    if clone is None:
        return "not read: --qwen3-tts says where its repository is |"
    from qwen_tts import Qwen3TTSTokenizer
    from qwen_tts.core.models.configuration_qwen3_tts import Qwen3TTSConfig

    sys.path.insert(0, str(clone.resolve() / "finetuning"))
    from dataset import TTSDataset

    by_name, words, rows = {line.name: line for line in lines.values()}, Words(), 0
    for path in sorted(folder.glob("*/*.jsonl")):
        os.chdir(path.parent)  # its paths are relative to where the trainer starts
        known = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
        for row in known:
            line = by_name[Path(row["audio"]).stem]
            samples = Qwen3TTSTokenizer.load_audio(Qwen3TTSTokenizer(), row["audio"], 24_000)
            assert digest(samples * 32768) == digest(to_int16(samples_of(line, 24_000)))
            assert row["text"] == " ".join(line.values["text"].split())
            row["audio_codes"] = [[0] * 16] * max(1, len(samples) // 2000)
        read = TTSDataset(known, words, Qwen3TTSConfig())
        batch = read.collate_fn([read[at] for at in range(len(known))])
        for ids, row, mask in zip(batch["input_ids"][:, 8:, 0], known, batch["attention_mask"], strict=True):
            assert words.said(ids.tolist()[: len(row["text"])]) == row["text"]
            assert int(mask.sum()) == 8 + 3 + len(row["text"]) + len(row["audio_codes"])
        assert bool((batch["ref_mels"] == batch["ref_mels"][:1]).all()), "one clip for all rows of a voice"
        rows += len(known)
    return f"{rows} | text, samples; batches of the trainer, one reference clip a voice"


class Words:
    """Stands for the model's tokenizer: a code for each of its marks and for each letter."""

    MARKS = ("<|im_start|>", "<|im_end|>", "assistant")

    def __call__(self, text: str, **_: object) -> dict[str, Any]:
        import torch

        parts = re.split("(" + "|".join(map(re.escape, self.MARKS[:2])) + "|(?<=<\\|im_start\\|>)assistant)", text)
        codes = [[self.MARKS.index(part)] if part in self.MARKS else [3 + ord(one) for one in part] for part in parts]
        return {"input_ids": torch.tensor([[code for part in codes for code in part]])}

    def said(self, codes: list[int]) -> str:
        return "".join(chr(code - 3) for code in codes)


def check_sounds(folder: Path, paths: list[str], lines: Lines) -> int:
    """Compare the samples of exported files with those of the dataset, by their hash."""
    by_name = {line.name: line for line in lines.values()}
    for path in paths:
        samples, rate = soundfile.read(folder / path, dtype="float32")
        own = samples_of(by_name[Path(path).stem], rate)
        assert digest(samples) == digest(own), path
    return len(paths)


def digest(samples: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(samples, dtype="<f4").tobytes()).hexdigest()


READERS: list[tuple[str, str, Callable[[Path, Lines], str]]] = [
    ("ms-swift", "ms-swift", swift),
    ("llama-factory", "llamafactory", llama_factory),
    ("label-studio", "label-studio-sdk", label_studio),
    ("moshi", "sphn", moshi),
    ("stm", "meeteval", meeteval),
    ("rttm", "meeteval", meeteval_rttm),
    ("textgrid", "praat-parselmouth", praat),
    ("nemo", "nemo-toolkit", nemo),
]

if __name__ == "__main__":
    main()
