#!/usr/bin/env python3
"""--config-from: pipeline and lock come from a git ref, so that a change can't edit its own gate."""
import json
import subprocess

from support import BITGATE, GithubTest, main

GATE = """version: 1
name: small
features: [cpu]
backends: {scalar: {plugin: cpu_simd, device: cpu/scalar}}
suites:
  kernels:
    backends: [scalar]
    load: {source: synthetic, values: ternary, shape: [64x128]}
    quantize: {format: i2_s}
    compute: {op: matmul, batch: 1, threads: 1, cache: hot}
    output: {check: oracle}
sampling: {min_samples: 60, precision: 50%, max_time: 1s}
gates: [{id: latency, metric: compute.time, require: "<= LIMIT"}]
"""


class ConfigFrom(GithubTest):
    def setUp(self):
        super().setUp()
        self.write("gates/gate.yaml", GATE.replace("LIMIT", "1ns"))
        self.git("init", "-q", "-b", "main")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "strict")

    def write(self, name, text):
        (self.directory / name).parent.mkdir(exist_ok=True)
        (self.directory / name).write_text(text)

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
                       cwd=self.directory, check=True, capture_output=True)

    def bitgate(self, *arguments, below="."):
        return subprocess.run([BITGATE, *arguments], cwd=self.directory / below, capture_output=True,
                              text=True, check=False)

    def test_pipeline(self):
        self.write("gates/gate.yaml", GATE.replace("LIMIT", "60s"))
        self.assertEqual(self.bitgate("run", "gates/gate.yaml").returncode, 0)
        for ref in ("main", "HEAD", "main~0"):
            done = self.bitgate("run", "gates/gate.yaml", "--config-from", ref)
            self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.bitgate("run", "gate.yaml", "--config-from", "main", below="gates").returncode, 1)
        self.git("commit", "-q", "-a", "-m", "lax")
        self.git("rm", "-q", "gates/gate.yaml")
        self.assertEqual(self.bitgate("run", "gates/gate.yaml", "--config-from", "HEAD~1").returncode, 1)
        self.assertIn("<= 60s", self.bitgate("plan", "gates/gate.yaml", "--config-from", "HEAD").stdout)

    def test_lock(self):
        """A lock that the change put there counts for nothing."""
        self.assertEqual(self.bitgate("plugin", "lock", "gates/gate.yaml").returncode, 0)
        self.assertEqual(self.bitgate("plan", "gates/gate.yaml", "--locked").returncode, 0)
        done = self.bitgate("plan", "gates/gate.yaml", "--locked", "--config-from", "main")
        self.assertEqual(done.returncode, 2)
        self.assertIn("gates/bitgate.lock can't be read there", done.stderr)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "lock")
        (self.directory / "gates" / "bitgate.lock").write_text("{}")
        self.assertEqual(self.bitgate("plan", "gates/gate.yaml", "--locked").returncode, 2)
        done = self.bitgate("plan", "gates/gate.yaml", "--locked", "--config-from", "HEAD")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_targets(self):
        """A change can't lower the target that it has to reach."""
        targets = """version: 1
targets:
  quick: {metric: compute.time, direction: lower, value: 1ns, for: "all", source: "a test"}
"""
        self.write("gates/targets.yaml", targets)
        self.write("gates/gate.yaml", GATE.replace('"<= LIMIT"', "{target: quick}") + "targets: targets.yaml\n")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "target")
        self.write("gates/targets.yaml", targets.replace("1ns", "60s"))
        self.assertEqual(self.bitgate("run", "gates/gate.yaml").returncode, 0)
        done = self.bitgate("run", "gates/gate.yaml", "--config-from", "HEAD", "--json", "receipt.json")
        self.assertEqual(done.returncode, 1, done.stderr)
        receipt = json.loads((self.directory / "receipt.json").read_text())
        self.assertIn("value: 1ns", receipt["pipeline"]["targets_file"]["text"])
        # Of a file that only the change has, nothing is known.
        self.git("rm", "-q", "--cached", "gates/targets.yaml")
        self.git("commit", "-q", "-m", "none")
        done = self.bitgate("run", "gates/gate.yaml", "--config-from", "HEAD", "--json", "receipt.json")
        self.assertEqual(done.returncode, 5, done.stderr)
        receipt = json.loads((self.directory / "receipt.json").read_text())
        self.assertRegex(receipt["gates"][0]["reason"], "^missing-target: ")

    def test_mistakes(self):
        for ref in ("no-such-ref", "--all", "-", "", "main:gates"):
            done = self.bitgate("run", "gates/gate.yaml", f"--config-from={ref}" if ref else "--config-from=")
            self.assertEqual(done.returncode, 2, ref)
        self.assertIn("git repository has no such ref; fetch it first",
                      self.bitgate("plan", "gates/gate.yaml", "--config-from", "gone").stderr)
        done = self.bitgate("plan", "gates/none.yaml", "--config-from", "main")
        self.assertIn("--config-from main: gates/none.yaml can't be read there", done.stderr)
        self.assertEqual(done.returncode, 2)
        self.write("gates/gate.yaml", GATE.replace("gates:", "gaets:"))
        self.git("commit", "-q", "-a", "-m", "wrong")
        done = self.bitgate("plan", "gates/gate.yaml", "--config-from", "HEAD")
        self.assertIn("gates/gate.yaml:13:1: unknown key 'gaets'", done.stderr)


main()
