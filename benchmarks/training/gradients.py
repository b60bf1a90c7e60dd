"""Gradients of the packed training step on the device against a plain float64 or float32 reference."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy

from audiorole.training.fit.packed_glm import Batch, PackedGlm
from audiorole.training.tokens.packing import IGNORED, Document, build_pack


def compare_gradients(arguments, documents: list[Document]) -> dict:
    """Return ‖gradient − reference‖ / ‖reference‖ for our packed bf16 step and for transformers' plain bf16 step.

    The reference is transformers' forward in float32, one document at a time. Two layers at full width.
    """
    from benchmarks.training.speed import adapt, random_glm

    chosen = documents[:: len(documents) // 6][:6]
    results = {}
    for mode in ("lora", "full"):
        model = random_glm(arguments.size, arguments.device, layers=2)
        if mode == "lora":
            model = adapt(model)
            for name, parameter in model.named_parameters():
                if "lora_B" in name:
                    torch.nn.init.normal_(parameter, std=0.02)
        base = model.get_base_model() if mode == "lora" else model
        packed = _gradients(model, lambda base=base: _packed_loss(base, chosen, arguments.device))
        plain = _gradients(model, lambda base=base: _plain_loss(base, chosen, arguments.device))
        model.float()
        reference = _gradients(model, lambda base=base: _plain_loss(base, chosen, arguments.device))
        results[mode] = {
            "packed_bf16": _worst(packed, reference),
            "transformers_bf16": _worst(plain, reference),
            "parameters": len(reference),
        }
        del model, base, packed, plain, reference
        torch.cuda.empty_cache()
    return results


def _packed_loss(base, documents: list[Document], device: str):
    capacity = -(-sum(map(len, documents)) // 128) * 128
    batch = Batch.of(build_pack(documents, capacity, pad=0), device)
    return PackedGlm(base).train()(batch).total / len(batch.rows)


def _plain_loss(base, documents: list[Document], device: str):
    total, rows = 0, 0
    for document in documents:
        logits = base(input_ids=torch.from_numpy(document.ids)[None].to(device), use_cache=False).logits[0]
        labels = torch.from_numpy(document.labels)[1:].to(device)
        total = total + cross_entropy(logits[:-1].float(), labels, ignore_index=IGNORED, reduction="sum")
        rows += int((labels != IGNORED).sum())
    return total / rows


def _gradients(model, loss) -> dict:
    model.zero_grad(set_to_none=True)
    loss().backward()
    return {name: p.grad.float().clone() for name, p in model.named_parameters() if p.grad is not None}


def _worst(found: dict, reference: dict) -> dict:
    missing = sorted(set(reference) ^ set(found))
    errors = {name: float((found[name] - g).norm() / g.norm()) for name, g in reference.items() if name in found}
    name = max(errors, key=errors.__getitem__)
    mean = sum(errors.values()) / len(errors)
    return {"mean": round(mean, 5), "worst": round(errors[name], 5), "worst_name": name, "missing": missing}
