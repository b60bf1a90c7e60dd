import numpy as np
import torch

from audiorole.training.examples import Example, Message, Speech
from audiorole.training.fit.loop import FitData, FitRun
from audiorole.training.fit.packed_glm import Batch
from audiorole.training.fit.packed_llama import PackedLlama
from audiorole.training.fit.plan import FitPlan
from audiorole.training.packing import IGNORED, build_pack
from audiorole.training.shared_run import Nowhere
from audiorole.training.small import thinking
from audiorole.training.small.network import add_speech
from audiorole.training.small.prompt import MARKS, SpokenChat
from audiorole.training.small.thinking import Thinking

from ..tiny import random_documents
from .tiny import byte_tokenizer, tiny_llama


def test_packed_is_transformers_own_loss_document_by_document():
    model = add_speech(tiny_llama(), 62).double()
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
    asked = Message("user", (Speech(("1",), "You?", "Rico"),))
    said = Message("assistant", (Speech(("2",), "I go.", "Joe"),))
    example = Example(id="", series="s", episode="e", character="Joe", persona="Joe.", messages=(asked, said))
    document = chat.document(example)
    sizes = {"rank": 16, "steps": 120, "capacity": len(document), "packs_per_step": 1}
    plan = FitPlan(learning_rate=1e-2, warmup=0.1, report_to="none", **sizes)
    data = FitData([document], [], chat.stop, chat.first_audio)
    model = tiny_llama()
    model.model.embed_tokens.weight.data.mul_(20)  # the words' head is frozen: it must be able to be sure
    run = FitRun(add_speech(model, MARKS + 10), data, plan, tmp_path, Nowhere())
    run.run()
    told = [token for (token,) in Thinking(run.model.eval(), chat, [chat.prompt(example)], [0])]
    assert [*told, chat.stop] == document.ids[document.labels != IGNORED].tolist()


def test_the_prompt_letter_by_letter():
    tokenizer = byte_tokenizer()
    chat = SpokenChat.of(tokenizer, 258, lambda line: np.array([int(line)], dtype=np.uint16))
    example = Example(
        id="x", series="s", episode="e", character="Joe", persona="You are Joe. ",
        messages=(
            Message("user", (Speech(("1",), "Hi.", "Lola"), Speech(("2",), "You?", "Rico"))),
            Message("assistant", (Speech(("3",), "Me.", "Joe"),)),
            Message("user", (Speech(("4",), "Go!", "Lola"),)),
            Message("assistant", (Speech(("5", "6"), "I go.", "Joe"),)),
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
