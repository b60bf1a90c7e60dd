"""Our parts of a training step against the libraries that offer the same: Liger-Kernel, bitsandbytes, torchao.

    python -m benchmarks.training.libraries [--size full|tiny] [--out result.json] [PART...]

Parts: norm, swiglu, rotary, loss, nf4, step. Every candidate of a part gets the same inputs, at the shapes of
GLM-4-Voice's network and 8,192 tokens; `step` is a whole training step of four of its layers. For each: milliseconds
(median, forward and backward), peak memory above the inputs, and the largest relative error of its outputs and
gradients, ‖found − reference‖ / ‖reference‖, against plain arithmetic in float32. Prints one line of JSON a part; a
candidate that does not run says why.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import torch
from torch.nn.functional import cross_entropy, silu

from audiorole.training.fit.kernels import elementwise, nf4
from audiorole.training.fit.kernels.loss import chunked_cross_entropy
from benchmarks.training.clock import SHAPES, Shapes, against_ours, compare

EPSILON = 3.90625e-08


def norm(at: Shapes) -> dict:
    """The sum of the residual stream and an update, and its RMS norm; the weight frozen, as LoRA has it."""
    residual, update, weight = at.states(), at.states(), at.random(at.hidden)
    grads = at.random(at.tokens, at.hidden), at.random(at.tokens, at.hidden)

    def reference(residual, update, weight):
        total = residual + update
        return total, weight * total * torch.rsqrt(total.pow(2).mean(-1, keepdim=True) + EPSILON)

    def liger(residual, update, weight):
        from liger_kernel.ops.fused_add_rms_norm import LigerFusedAddRMSNormFunction

        normed, total = LigerFusedAddRMSNormFunction.apply(update, residual, weight, EPSILON, 0.0, "llama", False)
        return total, normed

    def ours(residual, update, weight):
        return elementwise.add_rms_norm(residual, update, weight, EPSILON)

    return compare(at, {"ours": ours, "liger": liger}, reference, (residual, update, weight), grads)


def swiglu(at: Shapes) -> dict:
    """silu(gate) · up over the joined output of one product."""
    inputs, grads = (at.random(at.tokens, 2 * at.ffn).requires_grad_(),), (at.random(at.tokens, at.ffn),)

    def reference(gate_up):
        gate, up = gate_up.chunk(2, dim=-1)
        return (silu(gate) * up,)

    def liger(gate_up):
        from liger_kernel.ops.swiglu import LigerFusedGateUpSiLUMulFunction

        return (LigerFusedGateUpSiLUMulFunction.apply(gate_up),)

    ours = {"ours": lambda gate_up: (elementwise.swiglu(gate_up),), "liger": liger}
    return compare(at, ours, reference, inputs, grads)


def rotary(at: Shapes) -> dict:
    """The rotary embedding by halves (Llama's) of queries and two key heads. Liger has none by neighbours (GLM's)."""
    query, key = (at.random(at.tokens, heads, at.head).requires_grad_() for heads in (at.heads, 2))
    angles = torch.rand(at.tokens, at.head // 2, device=at.device) * 6
    cos, sin = angles.cos(), angles.sin()
    grads = torch.randn_like(query), torch.randn_like(key)

    def turn(states, cos, sin):
        first, second = states.chunk(2, dim=-1)
        cos, sin = cos[:, None], sin[:, None]
        return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)

    def liger(query, key):
        from liger_kernel.ops.rope import LigerRopeFunction

        heads = (part.transpose(0, 1)[None] for part in (query, key))  # it writes into what it is given: comes last
        turned = LigerRopeFunction.apply(*heads, *(part.repeat(1, 2)[None] for part in (cos, sin)))
        return tuple(part[0].transpose(0, 1) for part in turned)

    def ours(query, key):
        return tuple(elementwise.rotate_halves(part, cos, sin) for part in (query, key))

    def reference(query, key):
        return tuple(turn(part, cos, sin) for part in (query, key))

    return compare(at, {"ours": ours, "liger": liger}, reference, (query, key), grads)


def loss(at: Shapes) -> dict:
    """Cross-entropy of a quarter of the tokens over the whole vocabulary: head frozen or learned, rows weighted."""
    return {
        f"{'learned' if learned else 'frozen'} head, {'weighted' if weighted else 'equal'} rows": _loss(
            at, learned, weighted
        )
        for learned in (False, True)
        for weighted in (False, True)
    }


def _loss(at: Shapes, learned: bool, weighted: bool) -> dict:
    rows = at.tokens // 4
    states = at.random(rows, at.hidden).requires_grad_()
    head = (at.random(at.vocabulary, at.hidden) * 0.02).requires_grad_(learned)
    targets = torch.randint(at.vocabulary, (rows,), device=at.device)
    weights = torch.ones(rows, device=at.device)
    if weighted:
        weights[::2] = 0.5

    def liger(chunk):
        def run(states, head):
            from liger_kernel.ops.fused_linear_cross_entropy import LigerFusedLinearCrossEntropyFunction as Fused

            reduction = "none" if weighted else "sum"
            found = Fused.apply(
                states, head, targets, None, None, -100, 0.0, 0.0, reduction, None, False, None, False, False, False,
                None, None, chunk,
            )[0]  # fmt: skip
            return ((found * weights).sum() if weighted else found,)

        return run

    def ours(states, head):
        return (chunked_cross_entropy(states, head, targets, weights)[0],)

    def reference(states, head):
        total = states.new_zeros(())
        for part in torch.arange(rows, device=at.device).split(256):
            nll = cross_entropy(states[part] @ head.T, targets[part], reduction="none")
            total = total + (nll * weights[part]).sum()
        return (total,)

    wide = max(1, at.vocabulary * 1024 // (rows * at.hidden))  # as many rows a chunk as ours
    candidates = {"ours": ours, "liger": liger(1), "liger, our chunk": liger(wide)}
    return compare(at, candidates, reference, (states, head), (torch.ones((), device=at.device),))


def quantized(at: Shapes) -> dict:
    """4-bit weights of one layer: time to quantize and to make dense again, bits a weight, error of the weights."""
    weight = at.random(2 * at.ffn, at.hidden) * 0.02
    results = {}
    for name, make in {"ours": _ours_nf4, "bitsandbytes": _bitsandbytes, "bitsandbytes, nested": _nested_bitsandbytes,
                       "torchao": _torchao}.items():  # fmt: skip
        try:
            quantize, dense, size = make()
            codes = quantize(weight)
            found = dense(codes, weight)
            error = float((found.float() - weight.float()).norm() / weight.float().norm())
            results[name] = {
                "quantize_ms": at.milliseconds(lambda quantize=quantize: quantize(weight)),
                "dense_ms": at.milliseconds(lambda dense=dense, codes=codes: dense(codes, weight)),
                "bits": round(8 * size(codes) / weight.numel(), 3),
                "error": round(error, 5),
            }
        except Exception as error:  # a library that is absent or does not run here is a result
            results[name] = {"failed": f"{type(error).__name__}: {error}"[:300]}
    return against_ours(results)


def _ours_nf4():
    return (
        nf4.quantize,
        lambda codes, weight: nf4.dequantize(*codes, weight.dtype).view_as(weight),
        lambda codes: sum(part.nbytes for part in codes),
    )


def _bitsandbytes(nested: bool = False):
    from bitsandbytes.functional import dequantize_nf4, quantize_nf4

    def size(found):
        codes, state = found
        second = state.state2.absmax.nbytes if nested else 0
        return codes.nbytes + state.absmax.nbytes + second

    return (
        lambda weight: quantize_nf4(weight, blocksize=nf4.BLOCK, compress_statistics=nested),
        lambda found, weight: dequantize_nf4(*found),
        size,
    )


def _nested_bitsandbytes():
    return _bitsandbytes(nested=True)


def _torchao():
    from torchao.quantization.quantize_.workflows.nf4.nf4_tensor import to_nf4

    parts = ("quantized_scalers", "quantization_factor", "quantized_data")
    return (
        to_nf4,
        lambda found, weight: found.get_original_weight(),
        lambda found: sum(getattr(found, name).nbytes for name in parts),
    )


def step(at: Shapes) -> dict:
    """A training step, forward and backward, of four layers with LoRA or QLoRA: ours, and ours with a library's."""
    ways = {
        "lora": {"ours": _adapted, "liger": lambda at: _adapted(at, liger=True)},
        "qlora": {"ours": lambda at: _adapted(at, "ours"), "bitsandbytes": lambda at: _adapted(at, "bitsandbytes")},
    }
    return {method: _timed_steps(at, candidates) for method, candidates in ways.items()}


def _timed_steps(at: Shapes, candidates: dict) -> dict:
    results: dict = {}
    for name, make in candidates.items():
        try:
            results[name] = at.measured(make(at))
        except Exception as error:
            results[name] = {"failed": f"{type(error).__name__}: {error}"[:300]}
        at.clean()
    return against_ours(results)


def _adapted(at: Shapes, bits: str = "", liger: bool = False) -> Callable[[], None]:
    import numpy as np

    from audiorole.training.fit import packed_glm
    from audiorole.training.fit.parameters import quantize_blocks
    from audiorole.training.tokens.packing import Document, build_pack
    from benchmarks.training.speed import adapt, random_glm

    model = random_glm(at.size, at.device, layers=min(4, at.layers))
    if bits == "ours":
        quantize_blocks(model, at.device)
    if bits == "bitsandbytes":
        _quantize_with_bitsandbytes(model, at.device)
    model = adapt(model)
    packed = packed_glm.PackedGlm(model.get_base_model()).train()
    ids = np.random.default_rng(0).integers(at.vocabulary, size=at.tokens // 8)
    documents = [Document(str(n), ids, np.where(np.arange(len(ids)) % 4, -100, ids)) for n in range(8)]
    batch = packed_glm.Batch.of(build_pack(documents, at.tokens, pad=0), at.device)

    def run() -> None:
        with mock.patch.multiple(packed_glm, **_liger_parts()) if liger else nullcontext():
            packed(batch).total.backward()

    return run


def _liger_parts() -> dict:
    from liger_kernel.ops.fused_add_rms_norm import LigerFusedAddRMSNormFunction
    from liger_kernel.ops.fused_linear_cross_entropy import LigerFusedLinearCrossEntropyFunction
    from liger_kernel.ops.rms_norm import LigerRMSNormFunction
    from liger_kernel.ops.swiglu import LigerFusedGateUpSiLUMulFunction

    def add_rms_norm(residual, update, weight, epsilon):
        if update is None:
            return residual, LigerRMSNormFunction.apply(residual, weight, epsilon, 0.0, "llama", False)
        return LigerFusedAddRMSNormFunction.apply(update, residual, weight, epsilon, 0.0, "llama", False)[::-1]

    def fused_loss(states, head, targets, weights):
        total = LigerFusedLinearCrossEntropyFunction.apply(
            states, head, targets, None, None, -100, 0.0, 0.0, "sum", None, False, None, False, False, False,
            None, None, 20,
        )[0]  # fmt: skip
        return total, total

    swiglu = LigerFusedGateUpSiLUMulFunction.apply
    return {"add_rms_norm": add_rms_norm, "swiglu": swiglu, "chunked_cross_entropy": fused_loss}


def _quantize_with_bitsandbytes(model, device: str) -> None:
    import bitsandbytes

    for parent in list(model.model.layers.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear:
                layer = bitsandbytes.nn.Linear4bit(
                    child.in_features, child.out_features, child.bias is not None, torch.bfloat16,
                    compress_statistics=False, quant_type="nf4",
                )  # fmt: skip
                layer.weight = bitsandbytes.nn.Params4bit(
                    child.weight.detach().cpu(), requires_grad=False, compress_statistics=False, quant_type="nf4"
                )
                if child.bias is not None:
                    layer.bias = child.bias
                setattr(parent, name, layer.to(device))
    model.is_loaded_in_4bit = True


PARTS = {"norm": norm, "swiglu": swiglu, "rotary": rotary, "loss": loss, "nf4": quantized, "step": step}


def main() -> None:
    """Run the parts, print one line of JSON each, with every candidate's time as a multiple of ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--size", choices=list(SHAPES), default="full")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    results: dict = {"torch": torch.__version__, "device": arguments.device, "size": arguments.size}
    if arguments.device == "cuda":
        results["card"] = torch.cuda.get_device_name()
    print(json.dumps(results), flush=True)
    for part in arguments.parts or PARTS:
        results[part] = PARTS[part](Shapes(arguments.size, arguments.device))
        print(json.dumps({part: results[part]}), flush=True)
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
