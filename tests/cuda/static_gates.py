#!/usr/bin/env python3
"""static_gates.py REPORT PTX [--table]: what ptxas says of every kernel, held against its budget.

Registers decide how many threads a multiprocessor holds, spilled ones go through memory, and a product of
bytes that became many instructions is neither dp4a nor mma. --table prints docs/performance.md's table instead."""
import re
import subprocess
import sys

# Registers of a thread and bytes of shared memory of a block: what a multiprocessor of 64 Ki registers needs
# to hold two blocks of the products' 256 threads, three of those on tensor cores' 128, and eight of the others' 128.
# And the instruction that a product must be made of.
PRODUCTS = {"ternary_matmul": (96, 4096, "dp4a"), "ternary_mma": (168, 0, "mma")}
OTHER = (64, 2048, None)


def demangled(names):
    text = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    return dict(zip(names, (re.sub(r"^void |bg_cuda::|\(.*$", "", line) for line in text.splitlines())))


def read_report(path):
    kernels = []
    with open(path, encoding="utf-8") as report:
        for line in report:
            if found := re.search(r"Compiling entry function '(\S+)' for 'sm_(\d+)'", line):
                kernels.append({"mangled": found[1], "arch": int(found[2]), "spilled": None, "registers": None, "shared": 0})
            elif found := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
                kernels[-1]["spilled"] = int(found[1]) + int(found[2])
            elif found := re.search(r"Used (\d+) registers", line):
                kernels[-1]["registers"] = int(found[1])
                if shared := re.search(r"(\d+) bytes smem", line):
                    kernels[-1]["shared"] = int(shared[1])
    names = demangled([kernel["mangled"] for kernel in kernels])
    for kernel in kernels:
        kernel["name"] = names[kernel["mangled"]]
    return kernels


def proofs(path):
    """The instruction that products of bytes are made of, for each mangled name of a PTX entry that has one."""
    with open(path, encoding="utf-8") as ptx:
        parts = re.split(r"\.entry\s+(\w+)", ptx.read())
    found = ((name, re.search(r"\b(dp4a|mma)\.", body)) for name, body in zip(parts[1::2], parts[2::2]))
    return {name: instruction[1] for name, instruction in found if instruction}


def mistakes(kernels, instructions):
    for kernel in kernels:
        registers, shared, wanted = PRODUCTS.get(kernel["name"].split("<")[0], OTHER)
        what = f"{kernel['name']} for sm_{kernel['arch']}"
        if kernel["spilled"] is None or kernel["registers"] is None:
            yield f"{what}: the report says nothing of it"
            continue
        if kernel["spilled"]:
            yield f"{what}: {kernel['spilled']} bytes of registers are spilled"
        if kernel["registers"] > registers:
            yield f"{what}: {kernel['registers']} registers, its budget is {registers}"
        if kernel["shared"] > shared:
            yield f"{what}: {kernel['shared']} bytes of shared memory, its budget is {shared}"
        if wanted and instructions.get(kernel["mangled"]) != wanted:
            yield f"{what}: no {wanted} in its PTX"


def table(kernels, instructions):
    archs = sorted({kernel["arch"] for kernel in kernels})
    yield "| kernel | " + " | ".join(f"sm_{arch}" for arch in archs) + " | shared memory | spilled | instruction |"
    yield "|---|" + "---|" * (len(archs) + 3)
    for name in sorted({kernel["name"] for kernel in kernels}):
        mine = {kernel["arch"]: kernel for kernel in kernels if kernel["name"] == name}
        one = next(iter(mine.values()))
        registers = " | ".join(str(mine[arch]["registers"]) for arch in archs)
        spilled = max(kernel["spilled"] for kernel in mine.values())
        yield f"| `{name}` | {registers} | {one['shared']} B | {spilled} B | {instructions.get(one['mangled'], '')} |"


def main():
    kernels = read_report(sys.argv[1])
    instructions = proofs(sys.argv[2])
    if not kernels or not instructions:
        sys.exit("the compiler's report names no kernel, or its PTX neither dp4a nor mma: nothing was looked at")
    if "--table" in sys.argv:
        print("\n".join(table(kernels, instructions)))
        return
    found = list(mistakes(kernels, instructions))
    print("\n".join(found) or f"{len(kernels)} kernels of {len({k['arch'] for k in kernels})} architectures within their budgets")
    sys.exit(1 if found else 0)


main()
