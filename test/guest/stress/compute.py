# SPDX-License-Identifier: GPL-2.0-or-later
"""Work of many kinds whose results are the same on every machine."""

import collections
import decimal
import fractions
import hashlib
import json
import math
import random
import re
import zlib


def mandelbrot():
    total = 0
    for y in range(-20, 21):
        for x in range(-40, 21):
            c, z, n = complex(x / 20, y / 20), 0j, 0
            while n < 60 and abs(z) < 2:
                z, n = z * z + c, n + 1
            total += n
    return total


def main():
    rng = random.Random(7)
    floats = [rng.uniform(-1e6, 1e6) for _ in range(20000)]
    print("floats", repr(math.fsum(floats)), repr(sorted(floats)[9999]), repr(sum(map(math.sin, floats))))
    print("mandelbrot", mandelbrot())
    print("integers", hashlib.sha256(hex(3 ** 20000 // 7 ** 900).encode()).hexdigest())
    decimal.getcontext().prec = 400
    print("decimal", decimal.Decimal(2).sqrt())
    print("fractions", sum((fractions.Fraction(1, n) for n in range(1, 150)), fractions.Fraction()))
    words = " ".join(rng.choice(("alpha", "beta", "gamma", "delta")) + str(rng.randrange(50)) for _ in range(20000))
    print("words", collections.Counter(re.findall(r"[a-d]\w+", words)).most_common(3))
    text = json.dumps({str(i): [rng.random(), rng.randrange(1 << 40), "x" * (i % 17)] for i in range(3000)})
    assert json.dumps(json.loads(text)) == text
    packed = zlib.compress(text.encode(), 9)
    assert zlib.decompress(packed).decode() == text
    print("zlib", len(text), len(packed), zlib.crc32(packed))
    print("digests", [hashlib.new(n, text.encode()).hexdigest()[:16] for n in ("md5", "sha1", "sha512", "sha3_256")])


main()
