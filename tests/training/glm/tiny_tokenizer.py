"""A word-level tokenizer with GLM-4-Voice's special names, numbered as a small snapshot might."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

SPECIALS = [
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|begin_of_audio|>",
    "<|end_of_audio|>",
]


def tiny_tokenizer(codes=32, shift=0):
    """Every byte is a word; specials follow; then `shift` spare tokens; then the audio codes."""
    words = {chr(number): number for number in range(128)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    spare = [f"<|spare_{number}|>" for number in range(shift)]
    tokenizer.add_special_tokens([*SPECIALS, *spare, *(f"<|audio_{code}|>" for code in range(codes))])
    return tokenizer
