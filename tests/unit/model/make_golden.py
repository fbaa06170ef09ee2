#!/usr/bin/env python3
"""Writes golden/*.gguf with the `gguf` package (pip install gguf==0.19.0), an independent writer.

Every value is a function of its place, which gguf_golden_test.cpp computes again. The package knows
no I2_S, which ggml has retired: those bytes are packed here after microsoft/BitNet's converter.
"""
import pathlib
import struct

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

ROWS, COLS, SCALE = 4, 256, 0.5
I2_S = 36


def ternary():
    """Without a period, so that weights in another order are other weights."""
    index = np.arange(ROWS * COLS, dtype=np.uint64)
    return ((index * 2654435761 % 2**32 >> 20) % 3).astype(np.int64).reshape(ROWS, COLS) - 1


def i2_s():
    groups = (ternary().reshape(-1, 4, 32) + 1).astype(np.uint8)
    codes = groups[:, 0] << 6 | groups[:, 1] << 4 | groups[:, 2] << 2 | groups[:, 3]
    return codes.tobytes() + struct.pack("<f", SCALE) + bytes(28)


def write(path, architecture, alignment):
    writer = gguf.GGUFWriter(path, architecture)
    if alignment != 32:
        writer.add_custom_alignment(alignment)
    writer.add_name("golden")
    writer.add_block_count(2)
    writer.add_layer_norm_rms_eps(1e-5)
    for name, value in (("u8", 200), ("i8", -100), ("u16", 60000), ("i16", -30000), ("int32", -2000000000),
                        ("uint64", 2**40), ("int64", -2**40), ("float64", 0.1), ("bool", True)):
        kinds = {"u8": "uint8", "i8": "int8", "u16": "uint16", "i16": "int16"}
        getattr(writer, "add_" + kinds.get(name, name))("golden." + name, value)
    writer.add_array("golden.strings", ["", "a", "\N{GREEK SMALL LETTER ALPHA}\N{GRINNING FACE}"])
    writer.add_array("golden.integers", [1, -2, 3])
    writer.add_array("golden.reals", [0.5, -1.5])
    smooth = (np.arange(ROWS * COLS, dtype=np.float32) - 512).reshape(ROWS, COLS) / 8
    writer.add_tensor("f32", smooth)
    writer.add_tensor("f16", smooth.astype(np.float16))
    weights = ternary().astype(np.float32) * SCALE
    for kind in (Type.BF16, Type.Q8_0, Type.TQ1_0, Type.TQ2_0):
        data = gguf.quants.quantize(smooth if kind in (Type.BF16, Type.Q8_0) else weights, kind)
        writer.add_tensor(kind.name.lower(), data, raw_dtype=kind)
    packed = np.frombuffer(i2_s(), dtype=np.int8)
    writer.add_tensor_info("blk.0.attn_q.weight", (ROWS, COLS), np.dtype(np.int8), packed.nbytes, I2_S)
    writer.tensors[-1]["blk.0.attn_q.weight"].tensor = packed
    writer.add_tensor("norm", np.ones(3, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent / "golden"
    write(folder / "bitnet.gguf", "bitnet", 64)
    write(folder / "bitnet-b1.58.gguf", "bitnet-b1.58", 32)
