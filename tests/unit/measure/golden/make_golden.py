#!/usr/bin/env python3
"""Reference values of the estimators from NumPy and SciPy (Debian: python3-scipy).

    tests/unit/measure/golden/make_golden.py > tests/unit/measure/golden/estimators.json
"""
import json

import numpy
from scipy import stats

generator = numpy.random.Generator(numpy.random.PCG64(20250101))


def draws(name, n):
    if name == "normal":
        return generator.normal(100, 3, n)
    if name == "lognormal":
        return numpy.exp(generator.normal(4, 0.3, n))
    if name == "bimodal":
        return numpy.where(generator.random(n) < 0.3, 130, 100) + generator.normal(0, 2, n)
    return numpy.round(generator.normal(10, 2, n))  # with ties


def interval_of(values):
    """Order statistics with 2.5 % at most beyond each: ranks from the binomial distribution."""
    n = len(values)
    rank = int(stats.binom.ppf(0.025, n, 0.5))
    while rank > 0 and stats.binom.cdf(rank - 1, n, 0.5) > 0.025:
        rank -= 1
    ordered = numpy.sort(values)
    return [ordered[rank - 1], ordered[n - rank]]


samples = []
for name in ("normal", "lognormal", "bimodal", "ties"):
    for n in (6, 7, 12, 20, 37, 60):
        values = numpy.round(draws(name, n), 6)
        samples.append({
            "name": f"{name}/{n}",
            "values": values.tolist(),
            "median": float(numpy.median(values)),
            "mad": float(stats.median_abs_deviation(values)),
            "p90": float(numpy.quantile(values, 0.9)),
            "p99": float(numpy.quantile(values, 0.99)),
            "interval": interval_of(values),
        })

pairs = []
for name in ("normal", "lognormal", "bimodal"):
    for n in (12, 30, 60):
        candidate = numpy.round(draws(name, n) * 1000)
        baseline = numpy.round(draws(name, n) * 1000)
        interval = stats.bootstrap((candidate, baseline),
                                   lambda a, b, axis: numpy.median(a, axis) / numpy.median(b, axis),
                                   paired=True, vectorized=True, n_resamples=200000,
                                   method="BCa", batch=1000,
                                   random_state=generator).confidence_interval
        pairs.append({"name": f"{name}/{n}", "candidate": candidate.tolist(),
                      "baseline": baseline.tolist(), "low": float(interval.low),
                      "high": float(interval.high)})

print(json.dumps({
    "samples": samples,
    "sign_tails": [{"successes": k, "n": n,
                    "tail": float(stats.binomtest(k, n, 0.5, alternative="greater").pvalue)}
                   for n in (6, 12, 20, 60, 500) for k in (n // 2, 3 * n // 4, n)],
    "normal": [{"p": p, "z": float(stats.norm.ppf(p))}
               for p in (1e-9, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.999999)],
    "bootstrap": pairs,
}, indent=1))
