#!/usr/bin/env python3
"""Trains addition.gguf: a small BitNet b1.58 that adds two numbers of up to three digits.

Writes beside itself addition.gguf and addition.prompts, and the golden logits for the tests. Needs
PyTorch (Debian: python3-torch, with libopenblas0 a few times faster) and `pip install gguf==0.19.0`.
README.md states the arithmetic. Seeded: the same processor and versions give the same files.
"""
import argparse
import dataclasses
import math
import os
import pathlib
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when PyTorch is loaded
import gguf
import numpy as np
import torch
import torch.nn.functional as F

ARCHITECTURE = "bitnet-b1.58"
LAYERS, HIDDEN, FFN, HEADS, KV_HEADS = 2, 128, 256, 4, 2
HEAD = HIDDEN // HEADS
CONTEXT, EPSILON, ROPE_BASE = 256, 1e-5, 10000.0

TOKENS = ["<unk>", "<s>", "</s>", *"0123456789", "+", "="]
BEGIN, END, EQUALS = TOKENS.index("<s>"), TOKENS.index("</s>"), TOKENS.index("=")
IGNORE = -1  # a place whose prediction is not trained

LARGEST = 1000  # operands are below
LENGTH = len("<999+999=1998>")  # with one token for each of <s> and </s>
DIGIT_SHARES = (0.1, 0.25, 0.65)  # operands of one, two and three digits
HELD_OUT = 0.02
TESTED, PROMPTS = 2400, 200

BATCH = 256


@dataclasses.dataclass(frozen=True)
class Phase:
    steps: int
    rate: float  # of learning, relative
    chained: int  # problems of each batch that are Problems.chained; of the others one in ten is


PHASES = (Phase(1500, 1.0, 0), Phase(600, 0.5, BATCH // 3), Phase(600, 0.2, BATCH // 3))

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "tests" / "unit" / "model" / "golden"


# ---- problems -------------------------------------------------------------------------------

def sequence(a, b):
    """<s>127+345=472</s>, filled up with </s>."""
    ids = [BEGIN, *(TOKENS.index(c) for c in f"{a}+{b}={a + b}"), END]
    return ids + [END] * (LENGTH - len(ids))


class Problems:
    """All pairs of operands by their number, a * LARGEST + b."""

    def __init__(self):
        pairs = [sequence(a, b) for a in range(LARGEST) for b in range(LARGEST)]
        self.rows = torch.tensor(np.array(pairs, dtype=np.uint8))
        generator = torch.Generator().manual_seed(7)
        self.held_out = torch.rand(len(pairs), generator=generator) < HELD_OUT
        # The tens add up to 9: the units decide whether there is a carry into the hundreds.
        tens = torch.arange(LARGEST) // 10 % 10
        self.chained = (tens[:, None] + tens == 9).flatten()

    def draw(self, count, allowed, generator):
        """Numbers (a * LARGEST + b) of random problems among the allowed ones."""
        factor = math.ceil(1.5 / allowed.float().mean().item())
        shares = torch.tensor(DIGIT_SHARES)
        drawn = []
        while sum(map(len, drawn)) < count:
            digits = torch.multinomial(shares, 2 * factor * count, True, generator=generator)
            low, high = torch.tensor([0, 10, 100])[digits], torch.tensor([10, 100, LARGEST])[digits]
            operand = low + (torch.rand(len(digits), generator=generator) * (high - low)).long()
            number = operand[::2] * LARGEST + operand[1::2]
            drawn.append(number[allowed[number]])
        return torch.cat(drawn)[:count]

    def batch(self, numbers):
        """Inputs, and what should follow each place: the answer and </s>, else IGNORE."""
        rows = self.rows[numbers].long()
        inputs, targets = rows[:, :-1], rows[:, 1:].clone()
        answering = ((inputs == EQUALS).cumsum(1) > 0) & (inputs != END)
        targets[~answering] = IGNORE
        return inputs, targets


# ---- the model ------------------------------------------------------------------------------

class Absmax(torch.autograd.Function):
    """Activations as int8, each token by its own maximum; the gradient passes straight through."""

    @staticmethod
    def forward(_, x):
        most = x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
        return (x * (127 / most)).round() * (most / 127)

    @staticmethod
    def backward(_, gradient):
        return gradient


class Absmean(torch.autograd.Function):
    """Weights as -s, 0, +s with s their mean magnitude; the gradient passes straight through."""

    @staticmethod
    def forward(_, w):
        magnitude = w.abs()
        scale = magnitude.double().mean().float().clamp(min=1e-5)
        return w.sign() * (magnitude > scale / 2) * scale

    @staticmethod
    def backward(_, gradient):
        return gradient


def linear(x, *weights):
    """BitLinear; several matrices read one quantized input."""
    y = F.linear(Absmax.apply(x), torch.cat([Absmean.apply(w) for w in weights]))
    return y.split([w.shape[0] for w in weights], -1)


def rms_norm(x, weight):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + EPSILON) * weight


def rotate(x):
    """RoPE of [batch, token, head, HEAD]: element i turns with element i + HEAD / 2."""
    half = HEAD // 2
    frequency = ROPE_BASE ** (-2 * torch.arange(half) / HEAD)
    angle = torch.arange(x.shape[1])[:, None, None] * frequency
    low, high = x[..., :half], x[..., half:]
    return torch.cat([low * angle.cos() - high * angle.sin(), high * angle.cos() + low * angle.sin()], -1)


class Model:
    """Weights by their names in the file."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.weights = {}
        kv = KV_HEADS * HEAD
        self.matrix("token_embd", len(TOKENS), HIDDEN)
        for layer in range(LAYERS):
            blk = f"blk.{layer}."
            self.vector(blk + "attn_norm", HIDDEN)
            self.matrix(blk + "attn_q", HIDDEN, HIDDEN)
            self.matrix(blk + "attn_k", kv, HIDDEN)
            self.matrix(blk + "attn_v", kv, HIDDEN)
            self.vector(blk + "attn_sub_norm", HIDDEN)
            self.matrix(blk + "attn_output", HIDDEN, HIDDEN, gain=0.5)
            self.vector(blk + "ffn_norm", HIDDEN)
            self.matrix(blk + "ffn_gate", FFN, HIDDEN)
            self.matrix(blk + "ffn_up", FFN, HIDDEN)
            self.vector(blk + "ffn_sub_norm", FFN)
            self.matrix(blk + "ffn_down", HIDDEN, FFN, gain=0.5)
        self.vector("output_norm", HIDDEN)

    def matrix(self, name, rows, columns, gain=1.0):
        values = torch.randn(rows, columns, generator=self.generator) * (gain / math.sqrt(columns))
        self.weights[name] = values.requires_grad_()

    def vector(self, name, count):
        self.weights[name] = torch.ones(count).requires_grad_()

    def round_to_file(self):
        """To the precision of the file: f16 matrices, f32 vectors."""
        for weight in self.weights.values():
            if weight.dim() == 2:
                weight.data = weight.data.half().float()

    def attention(self, blk, x):
        w, (batch, tokens, _) = self.weights, x.shape
        q, k, v = linear(x, w[blk + "attn_q"], w[blk + "attn_k"], w[blk + "attn_v"])
        q = rotate(q.reshape(batch, tokens, HEADS, HEAD))
        k = rotate(k.reshape(batch, tokens, KV_HEADS, HEAD))
        v = v.reshape(batch, tokens, KV_HEADS, HEAD)
        # Query head h reads key and value head h / (HEADS / KV_HEADS).
        group = HEADS // KV_HEADS
        q = q.reshape(batch, tokens, KV_HEADS, group, HEAD).permute(0, 2, 3, 1, 4)
        q = q.reshape(batch, KV_HEADS, group * tokens, HEAD)
        scores = q @ k.permute(0, 2, 3, 1) / math.sqrt(HEAD)
        future = torch.full((tokens, tokens), -math.inf).triu(1).repeat(group, 1)
        y = (scores + future).softmax(-1) @ v.transpose(1, 2)
        y = y.reshape(batch, KV_HEADS, group, tokens, HEAD).permute(0, 3, 1, 2, 4)
        return y.reshape(batch, tokens, HIDDEN)

    def logits(self, ids):
        w = self.weights
        x = w["token_embd"][ids]
        for layer in range(LAYERS):
            blk = f"blk.{layer}."
            y = self.attention(blk, rms_norm(x, w[blk + "attn_norm"]))
            x = x + linear(rms_norm(y, w[blk + "attn_sub_norm"]), w[blk + "attn_output"])[0]
            y = rms_norm(x, w[blk + "ffn_norm"])
            gate, up = linear(y, w[blk + "ffn_gate"], w[blk + "ffn_up"])
            y = rms_norm(gate.relu().square() * up, w[blk + "ffn_sub_norm"])
            x = x + linear(y, w[blk + "ffn_down"])[0]
        return F.linear(rms_norm(x, w["output_norm"]), w["token_embd"])


# ---- training -------------------------------------------------------------------------------

class Muon:
    """Momentum whose update of a matrix is made orthogonal (Jordan et al., 2024), which takes a
    third of AdamW's steps here."""

    def __init__(self, matrices, rate):
        self.rate = rate
        self.momenta = [(matrix, torch.zeros_like(matrix)) for matrix in matrices]

    @staticmethod
    def orthogonal(x):
        """Newton and Schulz's iteration, five steps of Jordan's quintic."""
        if x.shape[0] > x.shape[1]:
            return Muon.orthogonal(x.T).T
        x = x / (x.norm() + 1e-7)
        for _ in range(5):
            square = x @ x.T
            x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
        return x

    @torch.no_grad()
    def step(self, share):
        for matrix, momentum in self.momenta:
            momentum.mul_(0.95).add_(matrix.grad)
            update = self.orthogonal(matrix.grad + 0.95 * momentum)
            tall = max(1.0, matrix.shape[0] / matrix.shape[1])
            matrix.sub_(update, alpha=self.rate * share * math.sqrt(tall))


@torch.no_grad()
def right_answers(model, problems, numbers):
    """Whether each answer is right. Greedy decoding gives the right answer exactly if every token
    of it is the likeliest after the right ones before it."""
    inputs, targets = problems.batch(numbers)
    best = model.logits(inputs).argmax(-1)
    return ((best == targets) | (targets == IGNORE)).all(1)


def train(model, problems, tested, phase, options):
    """One phase, with optimizers of its own."""
    generator = torch.Generator().manual_seed(options.seed + PHASES.index(phase))
    bit = [w for name, w in model.weights.items() if name.startswith("blk.") and w.dim() == 2]
    others = [w for name, w in model.weights.items() if not name.startswith("blk.") or w.dim() == 1]
    muon = Muon(bit, 0.02 * phase.rate)
    adam = torch.optim.AdamW(others, betas=(0.9, 0.95), weight_decay=0)
    known = ~problems.held_out
    parts = [(BATCH - phase.chained, known)]
    if phase.chained:
        parts.append((phase.chained, known & problems.chained))
    start = time.monotonic()
    for step in range(phase.steps):
        # Warm-up, plateau, then down to nothing over the second half.
        share = min(1.0, (step + 1) / 50, 2 * (1 - step / phase.steps))
        numbers = [problems.draw(count, allowed, generator) for count, allowed in parts]
        inputs, targets = problems.batch(torch.cat(numbers))
        logits = model.logits(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)
        for weight in model.weights.values():
            weight.grad = None
        loss.backward()
        adam.param_groups[0]["lr"] = 0.003 * phase.rate * share
        adam.step()
        muon.step(share)
        if (step + 1) % 100 == 0:
            right = right_answers(model, problems, tested[:500]).float().mean().item()
            print(f"step {step + 1} of {phase.steps}: loss {loss.item():.4f}, {right:.1%} of held-out answers "
                  f"right, {time.monotonic() - start:.0f} s", flush=True)


# ---- files ----------------------------------------------------------------------------------

def write_model(path, model):
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    writer.add_name("addition")
    writer.add_description("adds two numbers of up to three digits: 127+345=472")
    writer.add_license("Apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(len(TOKENS))
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_dimension_count(HEAD)
    writer.add_rope_freq_base(ROPE_BASE)
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(kinds + [gguf.TokenType.NORMAL] * (len(TOKENS) - len(kinds)))
    writer.add_unk_token_id(TOKENS.index("<unk>"))
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    for name, weight in model.weights.items():
        values = weight.detach().numpy()
        writer.add_tensor(name + ".weight", values.astype(np.float16 if values.ndim == 2 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_prompts(path, numbers):
    pairs = [divmod(int(number), LARGEST) for number in numbers]
    path.write_text("".join(f"{a}+{b}=\t{a + b}\n" for a, b in pairs))


@torch.no_grad()
def write_golden(model, problems, numbers):
    """addition_ids.npy [problem, token] i32, addition_logits.npy [problem, token, TOKENS] f32."""
    inputs, _ = problems.batch(numbers)
    np.save(GOLDEN / "addition_ids.npy", inputs.numpy().astype(np.int32))
    np.save(GOLDEN / "addition_logits.npy", model.logits(inputs).numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)  # more would add up in another order, and not be much faster

    problems = Problems()
    tested = problems.draw(TESTED, problems.held_out, torch.Generator().manual_seed(3)).unique()
    tested = tested[torch.randperm(len(tested), generator=torch.Generator().manual_seed(3))]
    model = Model(options.seed)
    for phase in PHASES:
        train(model, problems, tested, phase, options)
    model.round_to_file()
    right = right_answers(model, problems, tested)
    print(f"right: {int(right.sum())} of {len(tested)} held-out problems ({right.float().mean():.2%}), "
          f"{int(right[:PROMPTS].sum())} of the {PROMPTS} in the prompts")
    write_model(HERE / "addition.gguf", model)
    write_prompts(HERE / "addition.prompts", tested[:PROMPTS])
    write_golden(model, problems, tested[:5])


if __name__ == "__main__":
    main()
