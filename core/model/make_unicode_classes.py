#!/usr/bin/env python3
"""Writes unicode_classes.inc, the code points of Unicode's general categories L and N as ranges,
from the Unicode Character Database as `pip install unicodedata2==16.0.0` has it."""
import pathlib

import unicodedata2

LAST = 0x10FFFF


def ranges(category):
    """[first, last] pairs in ascending order."""
    found = []
    for code in range(LAST + 1):
        if unicodedata2.category(chr(code))[0] != category:
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(name, category):
    pairs = [f"{{0x{first:X}, 0x{last:X}}}" for first, last in ranges(category)]
    lines = [f"constexpr std::array<Range, {len(pairs)}> {name} = {{{{"]
    lines += ["    " + ", ".join(pairs[i:i + 4]) + "," for i in range(0, len(pairs), 4)]
    return "\n".join(lines + ["}};"])


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("unicode_classes.inc")
    path.write_text(f"// Made by {pathlib.Path(__file__).name} from Unicode {unicodedata2.unidata_version}.\n\n"
                    f"// \\p{{L}}\n{table('kLetters', 'L')}\n\n// \\p{{N}}\n{table('kNumbers', 'N')}\n")
