import numpy as np

from audiorole.training.glm.prompt import Specials
from audiorole.training.glm.samples import AudioSamples
from audiorole.training.replying import split_target
from audiorole.training.tokens.packing import IGNORED, Document

from ..decoder.tiny import tiny_flow, tiny_hift
from ..tiny import tiny_glm
from .tiny_tokenizer import tiny_tokenizer


class Sounds:
    def __init__(self):
        self.heard = []

    def add_audio(self, tag, samples, step, sample_rate):
        self.heard.append((tag, step, samples.shape[1], sample_rate))


def document(specials):
    target = [40, 41, *(specials.first_audio + code for code in (1, 2, 3, 4)), specials.user]
    ids = np.array([specials.mask, 50, 51, 52, *target])
    return Document("d", ids, np.where(np.arange(len(ids)) < 4, IGNORED, ids), "Joe")


def test_the_target_is_split_off():
    ids = np.arange(10)
    labels = np.where(np.isin(ids, [2, 3, 6, 7, 8]), ids, IGNORED)
    assert split_target(Document("d", ids, labels)) == ([0, 1, 2, 3, 4, 5], [6, 7])


def test_replies_are_heard_each_time_and_round_trips_once():
    specials, sounds = Specials.of(tiny_tokenizer(), 32), Sounds()
    samples = AudioSamples([document(specials)], specials, tiny_flow(), tiny_hift(), sounds)
    model = tiny_glm(vocab=168)
    samples(model, 5)
    samples(model, 10)
    tags = [(tag, step) for tag, step, _, _ in sounds.heard]
    assert tags.count(("round_trip/Joe", 5)) == 1
    assert ("round_trip/Joe", 10) not in tags
    assert sounds.heard[0][2:] == (samples.flow.config.frames(4) * 256, 22_050)
