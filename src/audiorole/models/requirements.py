"""What a command needs before it begins: every weight of its models, and one sentence for those that are absent.

A model class says which weights of the catalogue it reads by `weight_names(location)`; one of a third party may leave
that out, and then nothing is asked of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiorole.errors import WeightsError
from audiorole.models import parse_reference, registry
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import catalogue

Wanted = Iterable[tuple[str, str]]
"""(kind, reference) of models; an empty reference asks for nothing."""


def require_models(wanted: Wanted) -> None:
    """Return where every model of `wanted` can be loaded.

    Raises `WeightsError` that names all absent weights and the command that fetches them, `UnknownNameError` and
    `MissingExtraError` for a model that is not there, `ConfigError` for a location that holds no weights.
    """
    pairs = [(kind, reference) for kind, reference in wanted if reference]
    names = [name for kind, reference in pairs for name in weights_of(kind, reference)]
    require_weights(names)
    for kind, reference in pairs:
        name, location = parse_reference(reference)
        ask = getattr(registry(kind).load(name), "weight_paths", None)
        if ask and location:
            ask(location)


def require_weights(names: Iterable[str]) -> None:
    """Return where every weight of `names` is installed. Raises `WeightsError` that names all that are not."""
    absent = absent_weights(names)
    if absent:
        raise WeightsError(missing_sentence(absent))


def missing_sentence(absent: Sequence[str]) -> str:
    """Return what is said of absent or altered weights, with the command that fetches them.

    >>> missing_sentence(["whisper-base", "dnsmos-p808.onnx"])
    'Not on this machine yet: whisper-base, dnsmos-p808.onnx. Run: audiorole models pull whisper-base dnsmos-p808.onnx'
    """
    altered = [name for name in absent if _altered(name)]
    gone = [name for name in absent if name not in altered]
    said = f"Altered since it was installed: {', '.join(altered)}. " if altered else ""
    said += f"Not on this machine yet: {', '.join(gone)}. " if gone else ""
    return f"{said}Run: audiorole models pull {' '.join([*altered, *gone])}"


def _altered(name: str) -> bool:
    """Return whether a file of the weight or model `name` lies in the store, and is not what was installed."""
    return any(weights.state(weight).state == "altered" for weight in catalogue().select((name,)))


def absent_models(wanted: Wanted) -> tuple[str, ...]:
    """Return the weights of `wanted` that are not on this machine, as `audiorole models pull` names them."""
    return absent_weights(name for kind, reference in wanted if reference for name in weights_of(kind, reference))


def absent_weights(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of `names` that are absent or have the wrong size; a model of several files goes by its folder."""
    absent = [name for name in dict.fromkeys(names) if weights.state(catalogue()[name]).state != "ok"]
    return tuple(dict.fromkeys(name.partition("/")[0] for name in absent))


def weights_of(kind: str, reference: str) -> tuple[str, ...]:
    """Return the names in the catalogue of the weights that a model reads; none for what is not in the catalogue."""
    name, location = parse_reference(reference)
    ask = getattr(registry(kind).load(name), "weight_names", None)
    return tuple(ask(location)) if ask else ()
