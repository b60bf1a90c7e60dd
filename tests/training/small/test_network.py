import numpy as np
import torch

from audiorole.training.examples import Example, Message, Speech
from audiorole.training.fit.packed_glm import Batch
from audiorole.training.fit.packed_llama import PackedLlama
from audiorole.training.packing import IGNORED, build_pack
from audiorole.training.small.network import add_speech
from audiorole.training.small.prompt import SpokenChat

from ..tiny import random_documents
from .tiny import byte_tokenizer, tiny_llama


def test_packed_is_transformers_own_loss_document_by_document():
    model = add_speech(tiny_llama(), 62)
    documents = random_documents([30, 17, 44])
    losses = PackedLlama(model).eval()(Batch.of(build_pack(documents, 100, 0), "cpu"))
    plain = []
    for document in documents:
        with torch.inference_mode():
            logits = model(input_ids=torch.from_numpy(document.ids)[None]).logits[0, :-1]
        targets = torch.from_numpy(document.labels[1:])
        rows = torch.nn.functional.cross_entropy(logits, targets, reduction="none", ignore_index=IGNORED)
        plain.append(rows[targets != IGNORED])
    torch.testing.assert_close(losses.nll, torch.cat(plain), rtol=1e-5, atol=1e-5)


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
