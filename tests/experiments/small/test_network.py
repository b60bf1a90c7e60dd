import numpy as np
import torch

from audiorole.experiments.small import thinking
from audiorole.experiments.small.network import SpeechRows, add_speech
from audiorole.experiments.small.prompt import MARKS, SpokenChat
from audiorole.experiments.small.thinking import Thinking
from audiorole.training.dialogues.examples import Example, Message, TurnAudio
from audiorole.training.fit.loop import FitData, FitRun
from audiorole.training.fit.packed_glm import Batch
from audiorole.training.fit.packed_llama import PackedLlama
from audiorole.training.fit.plan import FitPlan
from audiorole.training.run import NoReport
from audiorole.training.tokens.packing import IGNORED, build_pack
from tests.training.tiny import random_documents

from .tiny import byte_tokenizer, tiny_llama


def test_packed_is_transformers_own_loss_document_by_document():
    model = add_speech(tiny_llama(), (4, 3, 5)).double()
    documents = random_documents([30, 17, 44])
    losses = PackedLlama(model).eval()(Batch.of(build_pack(documents, 100, 0), "cpu"))
    plain = []
    for document in documents:
        with torch.inference_mode():
            logits = model(input_ids=torch.from_numpy(document.ids)[None]).logits[0, :-1]
        targets = torch.from_numpy(document.labels[1:])
        rows = torch.nn.functional.cross_entropy(logits, targets, reduction="none", ignore_index=IGNORED)
        plain.append(rows[targets != IGNORED])
    torch.testing.assert_close(losses.nll, torch.cat(plain), rtol=1e-6, atol=1e-6)


def test_one_example_is_learned_by_heart_and_comes_back_through_the_voices_own_way(tmp_path, monkeypatch):
    monkeypatch.setattr(thinking, "WORDS", (1e-3, 0.9))
    monkeypatch.setattr(thinking, "CODES", (1e-3, 0.9))
    codes = {"1": [3, 1, 4, 1, 5, 9, 2, 6], "2": [5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4]}
    chat = SpokenChat.of(byte_tokenizer(), 258, lambda line: np.array(codes[line], dtype=np.uint16))
    asked = Message("user", (TurnAudio(("1",), "You?", "Rico"),))
    said = Message("assistant", (TurnAudio(("2",), "I go.", "Joe"),))
    example = Example(id="", series="s", episode="e", character="Joe", persona="Joe.", messages=(asked, said))
    document = chat.document(example)
    sizes = {"rank": 16, "steps": 400, "capacity": len(document), "packs_per_step": 1}
    plan = FitPlan(learning_rate=1e-2, warmup=0.1, report_to="none", **sizes)
    data = FitData([document], [], chat.stop, chat.first_audio)
    model = tiny_llama()
    model.model.embed_tokens.weight.data.mul_(20)  # the words' head is frozen: it must be able to be sure
    run = FitRun(add_speech(model, (2, 5)), data, plan, tmp_path, NoReport())
    run.run()
    told = [token for (token,) in Thinking(run.model.eval(), chat, [chat.prompt(example)], [0])]
    assert [*told, chat.stop] == document.ids[document.labels != IGNORED].tolist()


def test_the_prompt_letter_by_letter():
    tokenizer = byte_tokenizer()
    chat = SpokenChat.of(tokenizer, 258, lambda line: np.array([int(line)], dtype=np.uint16))
    example = Example(
        id="x", series="s", episode="e", character="Joe", persona="You are Joe. ",
        messages=(
            Message("user", (TurnAudio(("1",), "Hi.", "Lola"), TurnAudio(("2",), "You?", "Rico"))),
            Message("assistant", (TurnAudio(("3",), "Me.", "Joe"),)),
            Message("user", (TurnAudio(("4",), "Go!", "Lola"),)),
            Message("assistant", (TurnAudio(("5", "6"), "I go.", "Joe"),)),
        ),
    )  # fmt: skip
    document = chat.document(example)

    def readable(ids):
        names = {258: "<speech>", 259: "</speech>"}
        parts = (names.get(int(i)) or (f"[{int(i) - 260}]" if i >= 260 else tokenizer.id_to_token(int(i))) for i in ids)
        return "".join(parts).replace("Ġ", " ").replace("Ċ", "|")

    assert readable(document.ids) == (
        "<|im_start|>system|You are Joe.<|im_end|>|"
        "<|im_start|>user|Lola: Hi.|Rico: You?<|im_end|>|"
        "<|im_start|>assistant|Me.<|im_end|>|"
        "<|im_start|>user|Lola: Go!<speech>[4]</speech><|im_end|>|"
        "<|im_start|>assistant|I go.<speech>[5][6]<|im_end|>"
    )
    assert readable(document.ids[document.labels != IGNORED]) == "I go.<speech>[5][6]<|im_end|>"
    assert chat.prompt(example) == document.ids[document.labels == IGNORED].tolist()


def test_codes_that_share_levels_share_what_is_learned():
    rows = SpeechRows((2, 5), torch.randn(MARKS + 7, 48))
    codes = rows(torch.arange(MARKS, MARKS + 10))
    torch.testing.assert_close(codes[3] - codes[2], codes[7] - codes[6])  # one level of the first dimension apart
    codes[3].sum().backward()
    touched = rows.shared.grad.abs().sum(1) > 0
    assert touched.nonzero()[:, 0].tolist() == [1, 2 + 1]  # code 3 = level 1 of two, level 1 of five
    assert rows.weight.shape == (MARKS + 10, 48)


class Muttering:
    """A model that is silent forever: code 0 holds 96 % at every place, the end 4 %."""

    device = torch.device("cpu")

    def __call__(self, input_ids, **_):
        logits = torch.full((len(input_ids), 1, 258 + MARKS + 10), -30.0)
        logits[..., 258 + MARKS] = np.log(0.96)
        logits[..., 257] = np.log(0.04)
        logits[..., 258] = -20.0  # `<speech>` is the likeliest where words are asked for
        return type("Output", (), {"logits": logits})


def test_silence_ends_as_often_as_the_model_says():
    chat = SpokenChat.of(byte_tokenizer(), 258, lambda line: np.zeros(0, np.uint16))
    lengths = [len(list(Thinking(Muttering(), chat, [[1, 2]], [seed]))) for seed in range(60)]
    assert max(lengths) < thinking.LONGEST_CODES / 2
    assert 15 < np.mean(lengths) < 40  # 1 / .04
    assert chat.stop == 257
