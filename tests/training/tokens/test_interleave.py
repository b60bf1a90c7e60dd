from hypothesis import given
from hypothesis import strategies as st

from audiorole.training.tokens.interleave import interleave, separate

T, A = list(range(200)), list(range(1000, 2000))


def golden(tokens):
    """Runs of modality and length, e.g. `13t 26a 2t`."""
    runs = []
    for token in tokens:
        kind = "a" if token >= 1000 else "t"
        if runs and runs[-1][1] == kind:
            runs[-1][0] += 1
        else:
            runs.append([1, kind])
    return " ".join(f"{count}{kind}" for count, kind in runs)


def test_golden_rhythm():
    assert golden(interleave(T[:30], A[:100])) == "13t 26a 13t 26a 4t 48a"
    assert golden(interleave(T[:40], A[:30])) == "13t 26a 13t 4a 14t"
    assert golden(interleave(T[:13], A[:26])) == "13t 26a"
    assert golden(interleave(T[:26], A[:26])) == "13t 26a 13t"
    assert golden(interleave([], A[:5])) == "5a"
    assert golden(interleave(T[:5], [])) == "5t"


@given(st.integers(0, 120), st.integers(0, 300))
def test_separate_gives_both_back_in_order(num_text, num_audio):
    text, audio = separate(interleave(T[:num_text], A[:num_audio]), 1000)
    assert (text, audio) == (T[:num_text], A[:num_audio])
