#!/usr/bin/env python3
"""Writes golden/tokenizer_{bpe,llama}.gguf and golden/tokenizer.json: texts with the ids that other
implementations give them, for tokenizer_golden_test.cpp.

    pip install gguf==0.19.0 tokenizers==0.23.3 sentencepiece==0.2.3

The vocabularies are small ones trained here, on the licence and the lines below, by `tokenizers` (byte-level
BPE, Llama 3's pre-tokenizer) and `sentencepiece` (BPE with byte fallback, as Llama 2's).
"""
import io
import json
import pathlib

import gguf
import sentencepiece
import tokenizers
from gguf import TokenType

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden"

LINES = """\
I'll say it's theirs, we've seen they're here, he'd know I'm not; don't, can't, won't. IT'S WE'LL
The quick brown fox jumps over the lazy dog 1234567890 times, at 12:34:56 on 2024-02-29.
for (int i = 0; i < count; ++i) { total += values[i] * weights[i]; }  // sums    up
def add(left, right):\n\treturn left + right\n\n\nprint(add(127, 345))\r\n
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Straße, Füße, Äpfel.
Портной шьёт пальто, а швея вышивает. Съешь ещё этих мягких французских булок.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Η γρήγορη καφετιά αλεπού.
我能吞下玻璃而不伤身体。春眠不觉晓，处处闻啼鸟。今天天气很好。
いろはにほへと ちりぬるを。カタカナもあります。東京都に住んでいます。
안녕하세요 세계. 다람쥐 헌 쳇바퀴에 타고파.
النص العربي يكتب من اليمين إلى اليسار. مرحبا بالعالم
नमस्ते दुनिया। यह एक वाक्य है।
😀 😃 🚀🚀 👩‍👩‍👧‍👦 🇩🇪 ❤️ ∑ ≤ ≥ → ±
""".splitlines()

PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
           r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CONTROL = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|eot_id|>>"]
USER_DEFINED = {"bpe": "<tool call>", "llama": "<sep>"}
UNREACHABLE = "Ġunmergeable"  # a word that no merges lead to


def texts():
    yield from ["", " ", "  ", "   ", "a", " a", "a ", "  a  b  ", "Hello, world!", "hello world", "HELLO"]
    yield from LINES
    # contractions
    for word in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "'Re", "'vE", "'\u017f", "'x", "'r", "'l"):
        yield from [f"it{word}", f"it{word}abc", f"1{word} {word}"]
    yield from ["'", "''", "'''s", "' s", "l'homme d'été", "'ll'll", "rock'n'roll", "’s ’ll"]
    # digits and other numbers
    yield from ["1234567890"[:n] for n in range(1, 11)]
    yield from ["3.14159", "-42", "1,000,000", "1e-5", "0x1F", "a1b22c333d4444", "١٢٣٤٥", "½²³ⅷ", "𝟘𝟙𝟚𝟛", "12 34  567", "127+345=472"]
    # spaces
    yield from [f"a{' ' * n}b" for n in range(2, 8)] + [" " * n for n in range(4, 10)]
    for space in "\t\v\f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000":
        yield from [space, f"a{space}b", f"{space}{space}a", f" {space}.", f"{space} 1"]
    yield from ["\u200b", "a\u200bb", "\ufeffbom", "\u180e", "\u2060x"]
    # ends of lines
    yield from ["\n", "\r", "\r\n", "\n\n", "\n\n\n", "a\n", "a\nb", "a\r\nb", "a \n b", "a\n\n  b", "  \n  \n  c", ".\n", "!!\r\n\r\n",
                " \n", "\n ", "\t\n\t", "\n\ta", "x  \n", "x\n  ", "end.\n\n\nNext", " .\n x"]
    # control characters
    yield from [chr(c) for c in range(0x20) if chr(c) not in "\n\r\t\v\f"] + ["\x7f", "\x80", "\x9f", "a\0b", "\x1b[31mred\x1b[0m", "\x1c\x1d"]
    # punctuation
    yield from ["...", "?!", "(a)", "[b]{c}", "a_b", "a-b", "--flag=value", "$1.50", "50%", "@name #tag", "https://example.org/a?b=c&d=e",
                "\\n", "\"quoted\"", "`code`", "a.b.c", "<div class=\"x\">", "/* c */", " !", "!a", "!!a", "( a", "¿Qué?", "«été»"]
    # letters of many scripts, marks, and characters beyond the vocabulary
    yield from ["naïve café", "cafe\u0301", "a\u0300\u0301\u0302b", "İstanbul", "ſtraße", "ǆ ǅ", "ﬁne", "K Å Ω", "ªº", "ʰʲ", "ไทย ภาษา", "עברית",
                "ქართული", "አማርኛ", "ꙮ", "𐍈𐌰", "𝔄𝔟𝔠", "中文abc123", "日本語、です。", "ｆｕｌｌ　ｗｉｄｔｈ", "ㄅㄆㄇ", "한국어 테스트", "हिन्दी में",
                "\U00020000\U0002a6d6", "\U0010ffff", "\ue000\uf8ff", "\ufffd", "\ufffe"]
    # emoji
    yield from ["😀", "😀😀", " 😀", "a😀b", "👍🏽", "👨‍💻", "🏳️‍🌈", "🇫🇷🇯🇵", "1️⃣", "☺☻", "🚀 launch 🚀!"]
    # tokens of their own
    yield from ["<|eot_id|>", "a<|eot_id|>b", "<|eot_id|>>", "<|eot_id|", "<|begin_of_text|>Hi<|eot_id|><|end_of_text|>", " <|eot_id|> ",
                "<|<|eot_id|>", "<tool call>", "use <tool call> now", "<tool call><tool call>", "<tool  call>", "<sep>", "a<sep>b", " <sep> <sep><sep>x", " unmergeable", "unmergeable",
                "an unmergeable word", " unmergeables"]
    yield from ["ab" * 50, "x" * 100, "lazy dog " * 20, "the quick brown fox " * 5 + "1" * 25]


def write(path, model, tokens, kinds, **extra):
    writer = gguf.GGUFWriter(path, "bitnet-b1.58" if model == "gpt2" else "bitnet")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types([int(kind) for kind in kinds])
    for name, value in extra.items():
        getattr(writer, "add_" + name)(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def corpus():
    licence = (HERE.parents[2] / "LICENSE").read_text().splitlines()
    return licence[:120] + LINES * 8


def bpe():
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    split = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Split(tokenizers.Regex(PATTERN), "isolated"),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    trained.pre_tokenizer = split
    trained.train_from_iterator(corpus(), tokenizers.trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=alphabet, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    vocabulary = {**model["vocab"], UNREACHABLE: len(model["vocab"])}
    merges = [tuple(pair) for pair in model["merges"]]

    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges, ignore_merges=True))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(CONTROL)
    tokenizer.add_tokens([tokenizers.AddedToken(USER_DEFINED["bpe"], normalized=False)])
    ids = tokenizer.get_vocab()
    tokens = sorted(ids, key=ids.get)
    kinds = [TokenType.CONTROL if token in CONTROL else
             TokenType.USER_DEFINED if token == USER_DEFINED["bpe"] else TokenType.NORMAL for token in tokens]
    write(GOLDEN / "tokenizer_bpe.gguf", "gpt2", tokens, kinds, tokenizer_pre="llama-bpe",
          token_merges=[" ".join(pair) for pair in merges], bos_token_id=ids[CONTROL[0]],
          eos_token_id=ids[CONTROL[1]])
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def llama():
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=trained, model_type="bpe", vocab_size=640, byte_fallback=True,
        character_coverage=0.98, normalization_rule_name="identity", add_dummy_prefix=True, remove_extra_whitespaces=False,
        split_digits=True, user_defined_symbols=[USER_DEFINED["llama"]], minloglevel=2)
    model = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    ids = range(model.vocab_size())
    kinds = [TokenType.UNKNOWN if model.is_unknown(i) else TokenType.CONTROL if model.is_control(i) else
             TokenType.BYTE if model.is_byte(i) else
             TokenType.USER_DEFINED if model.id_to_piece(i) == USER_DEFINED["llama"] else
             TokenType.NORMAL for i in ids]
    write(GOLDEN / "tokenizer_llama.gguf", "llama", [model.id_to_piece(i) for i in ids], kinds,
          token_scores=[model.get_score(i) for i in ids], bos_token_id=model.bos_id(), eos_token_id=model.eos_id(),
          unk_token_id=model.unk_id())
    return model.encode


if __name__ == "__main__":
    encoders = {"bpe": bpe(), "llama": llama()}
    lines = [json.dumps({"text": text, **{name: encode(text) for name, encode in encoders.items()}})
             for text in dict.fromkeys(texts())]
    (GOLDEN / "tokenizer.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(len(lines), "texts")
