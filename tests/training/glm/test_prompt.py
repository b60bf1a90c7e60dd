import re

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from audiorole.errors import ConfigError
from audiorole.training.dialogues.examples import Example, Message, TurnAudio
from audiorole.training.glm.prompt import SPEECH_PROMPT, TEXT_PROMPT, PromptFormat, Specials
from audiorole.training.tokens.packing import IGNORED

from .tiny_tokenizer import tiny_tokenizer

CODES = {"u1": [1, 2, 3], "u2": [4], "u3": list(range(30)), "u4": [5, 6], "u5": [7]}


@pytest.fixture(params=[0, 3])
def prompts(request):
    tokenizer = tiny_tokenizer(shift=request.param)
    return PromptFormat(tokenizer, Specials.of(tokenizer, codes=32), lambda id: np.array(CODES[id], dtype=np.uint16))


def said(text, *utterances):
    return TurnAudio(utterances=utterances, text=text)


def example():
    return Example(
        id="show/s01e01/d0001",
        series="Show",
        episode="show/s01e01",
        character="Joe",
        persona="You are Joe. ",
        messages=(
            Message(
                role="user",
                speech=(TurnAudio(utterances=("u1", "u2"), text="Hi!"), TurnAudio(utterances=("u5",), text="?")),
            ),
            Message(role="assistant", speech=(said("Fifteen letters", "u3"),)),
            Message(role="user", speech=(said("So?", "u4"),)),
            Message(role="assistant", speech=(said("Yes", "u5"),)),
        ),
    )


def spell(tokenizer, ids):
    """The tokens as text; audio codes in short, `<|audio_7|>` as `⟨7⟩`."""
    return re.sub(r"<\|audio_(\d+)\|>", r"⟨\1⟩", "".join(tokenizer.id_to_token(int(id)) for id in ids))


OPENING = "[gMASK]<sop><|system|>\nYou are Joe. " + SPEECH_PROMPT
USER_1 = "<|user|>\n<|begin_of_audio|>⟨1⟩⟨2⟩⟨3⟩⟨4⟩<|end_of_audio|><|begin_of_audio|>⟨7⟩<|end_of_audio|>"
ASK = "<|assistant|>streaming_transcription\n"
REPLY_1 = "Fifteen lette" + "".join(f"⟨{code}⟩" for code in range(26)) + "rs" + "⟨26⟩⟨27⟩⟨28⟩⟨29⟩"
USER_2 = "<|user|>\n<|begin_of_audio|>⟨5⟩⟨6⟩<|end_of_audio|>"


def test_golden_document_and_label_mask(prompts):
    document = prompts.document(example())
    assert spell(prompts.tokenizer, document.ids) == OPENING + USER_1 + ASK + REPLY_1 + USER_2 + ASK + "Yes⟨7⟩<|user|>"
    labelled = "".join(spell(prompts.tokenizer, [label]) if label != IGNORED else "·" for label in document.labels)
    assert re.sub("·+", "·", labelled) == f"·{REPLY_1}<|user|>·Yes⟨7⟩<|user|>"
    assert np.all((document.labels == IGNORED) | (document.labels == document.ids))


def test_labels_on_the_target_alone(prompts):
    alone = PromptFormat(prompts.tokenizer, prompts.specials, prompts.codes_of, label_context=False).document(example())
    labelled = alone.labels[alone.labels != IGNORED]
    assert spell(prompts.tokenizer, labelled) == "Yes⟨7⟩<|user|>"


def test_the_prompt_is_the_document_up_to_the_target(prompts):
    document, prompt = prompts.document(example()), prompts.prompt(example())
    assert document.ids[: len(prompt)].tolist() == prompt
    assert spell(prompts.tokenizer, document.ids[len(prompt) :]) == "Yes⟨7⟩<|user|>"


def test_system_sentences_are_the_published_ones():
    assert SPEECH_PROMPT.endswith("audio tokens. ")
    assert TEXT_PROMPT.endswith("audio tokens.")
    assert "a text instruction" in TEXT_PROMPT
    assert "a speech instruction" in SPEECH_PROMPT


def test_tokens_are_found_by_name_and_gaps_are_refused():
    with pytest.raises(ConfigError, match=r"no token '<\|audio_0\|>'"):
        Specials.of(Tokenizer(models.WordLevel({"a": 0}, unk_token="a")))
    gap = tiny_tokenizer(codes=2)
    gap.add_special_tokens(["<|other|>", "<|audio_2|>"])
    with pytest.raises(ConfigError, match="not contiguous"):
        Specials.of(gap, codes=3)


def test_typed_turns_are_text_and_say_so(prompts):
    typed = Message(role="user", speech=(said("So?"),))
    asked = Example(
        id="d",
        series="",
        episode="",
        character="Joe",
        persona="",
        messages=(typed, Message(role="assistant", speech=())),
    )
    spelled = spell(prompts.tokenizer, prompts.prompt(asked))
    assert spelled == f"[gMASK]<sop><|system|>\n{TEXT_PROMPT}<|user|>\nSo?<|assistant|>streaming_transcription\n"
