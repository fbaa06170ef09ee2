#!/usr/bin/env python3
"""Writes golden/bitnet_silu.gguf with the `gguf` package (pip install gguf==0.19.0), an independent writer: a tiny
model of the architecture `bitnet` with the keys and tensors that llama.cpp's converter writes for 1bitLLM's models,
whose f16 matrices hold -s, 0 and s. And golden/bitnet_silu_{ids,logits}.npy: its logits, computed here with NumPy.
"""
import pathlib

import gguf
import numpy as np

LAYERS, HIDDEN, FFN, HEADS, KV_HEADS, VOCABULARY, CONTEXT = 2, 32, 64, 4, 2, 48, 64
EPSILON, BASE = 1e-5, 10000.0
HEAD = HIDDEN // HEADS
IDS = np.array([1, 40, 7, 7, 23, 0, 47], dtype=np.int32)


def make_weights():
    random = np.random.default_rng(158)
    weights = {"token_embd": random.normal(size=(VOCABULARY, HIDDEN)).astype(np.float16)}
    kv = KV_HEADS * HEAD
    shapes = {"attn_q": (HIDDEN, HIDDEN), "attn_k": (kv, HIDDEN), "attn_v": (kv, HIDDEN),
              "attn_output": (HIDDEN, HIDDEN), "ffn_gate": (FFN, HIDDEN), "ffn_up": (FFN, HIDDEN),
              "ffn_down": (HIDDEN, FFN)}
    for layer in range(LAYERS):
        for name, shape in shapes.items():
            scale = np.float16(random.uniform(0.05, 0.5))
            weights[f"blk.{layer}.{name}"] = random.integers(-1, 2, shape).astype(np.float16) * scale
        for name, size in (("attn_norm", HIDDEN), ("attn_sub_norm", HIDDEN), ("ffn_norm", HIDDEN),
                           ("ffn_sub_norm", FFN)):
            weights[f"blk.{layer}.{name}"] = random.uniform(0.5, 1.5, size).astype(np.float32)
    weights["output_norm"] = random.uniform(0.5, 1.5, HIDDEN).astype(np.float32)
    return weights


def write(path, weights):
    writer = gguf.GGUFWriter(path, "bitnet")
    writer.add_name("bitnet_silu")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_rope_dimension_count(HEAD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_freq_base(BASE)
    writer.add_vocab_size(VOCABULARY)
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(1.0)
    for name, values in weights.items():
        writer.add_tensor(name + ".weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def norm(x, weight):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + EPSILON) * weight


def bit(weight, x):
    """int8 activations, a scale for each row."""
    largest = np.maximum(np.abs(x).max(axis=-1, keepdims=True), 1e-5)
    return np.rint(x * (127 / largest)) * (largest / 127) @ weight.astype(np.float64).T


def rotate(x, heads):
    angles = np.arange(len(x))[:, None] * BASE ** (-2 * np.arange(HEAD // 2) / HEAD)
    low, high = np.split(x.reshape(len(x), heads, HEAD), 2, axis=-1)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    return np.concatenate((low * cos - high * sin, high * cos + low * sin), axis=-1)


def attend(q, k, v):
    out = np.zeros((len(q), HEADS, HEAD))
    for head in range(HEADS):
        shared = head // (HEADS // KV_HEADS)
        scores = q[:, head] @ k[:, shared].T / np.sqrt(HEAD)
        scores[np.triu_indices(len(q), 1)] = -np.inf
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        out[:, head] = scores / scores.sum(axis=-1, keepdims=True) @ v[:, shared]
    return out.reshape(len(q), HIDDEN)


def logits(weights):
    embedding = weights["token_embd"].astype(np.float64)
    x = embedding[IDS]
    for layer in range(LAYERS):
        w = {name.split(".")[2]: value for name, value in weights.items() if name.startswith(f"blk.{layer}.")}
        h = norm(x, w["attn_norm"])
        q, k = rotate(bit(w["attn_q"], h), HEADS), rotate(bit(w["attn_k"], h), KV_HEADS)
        v = bit(w["attn_v"], h).reshape(len(x), KV_HEADS, HEAD)
        x = x + bit(w["attn_output"], norm(attend(q, k, v), w["attn_sub_norm"]))
        h = norm(x, w["ffn_norm"])
        gate = bit(w["ffn_gate"], h)
        x = x + bit(w["ffn_down"], norm(gate / (1 + np.exp(-gate)) * bit(w["ffn_up"], h), w["ffn_sub_norm"]))
    return norm(x, weights["output_norm"]) @ embedding.T


if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent / "golden"
    made = make_weights()
    write(folder / "bitnet_silu.gguf", made)
    np.save(folder / "bitnet_silu_ids.npy", IDS)
    np.save(folder / "bitnet_silu_logits.npy", logits(made).astype(np.float32))
