#!/usr/bin/env python3
"""The same pipeline in two repositories reports where each of them says, and sends changes there."""
import json
import subprocess

from support import BITGATE, COMMIT, GithubTest, main

PIPELINE = """version: 1
name: shared
features: [cpu]
backends: {scalar: {plugin: cpu_simd, device: cpu/scalar}}
suites:
  kernels:
    backends: [scalar]
    load: {source: synthetic, values: ternary, shape: [64x128]}
    quantize: {format: i2_s}
    compute: {op: matmul, batch: 1, threads: 1, cache: hot}
    output: {check: oracle}
sampling: {min_samples: 3, precision: 50%, max_time: 1s}
gates: [{id: exact, metric: output.mismatches, require: "== 0"}]
routes: {pass: "NEXT → a", fail: "NEXT → b"}
reporters: [{plugin: json, options: {path: plain.json}}]
"""


class RepositoryFile(GithubTest):
    def repository(self, name, text, inside="."):
        root = self.directory / name
        (root / inside).mkdir(parents=True)
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
        if text:
            (root / ".bitgate.yaml").write_text(text)
        (self.directory / "shared.yaml").write_text(PIPELINE)
        return root

    def run_in(self, root, inside=".", more=()):
        return subprocess.run([BITGATE, "run", str(self.directory / "shared.yaml"), *more],
                              cwd=root / inside, env=self.environment(), capture_output=True, text=True,
                              check=False)

    def test_two_repositories(self):
        plain = self.repository("plain", None)
        done = self.run_in(plain)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads((plain / "plain.json").read_text())["verdict"]["route"], "NEXT → a")
        other = self.repository("other", f"""# who is told here
reporters:
  - plugin: github
    options: {{token: "${{secret:GITHUB_TOKEN}}", repository: acme/kernels, commit: {COMMIT}, pull_request: 7}}
  - {{plugin: json, options: {{path: other.json}}}}
routes: {{pass: "FINALIZE → other"}}
""", inside="src/deep")
        done = self.run_in(other, "src/deep")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"note: reporters and routes as in {other.resolve()}/.bitgate.yaml\n", done.stderr)
        self.assertIn("check run created; ledger created", done.stderr)
        receipt = json.loads((other / "src/deep/other.json").read_text())
        self.assertEqual(receipt["verdict"]["route"], "FINALIZE → other")
        self.assertFalse((other / "src/deep/plain.json").exists())
        # The command line has the last word.
        done = self.run_in(other, more=["--reporter", "json:path=mine.json"])
        self.assertTrue((other / "mine.json").exists())
        self.assertFalse((other / "other.json").exists())

    def test_routes_alone(self):
        root = self.repository("routes", 'routes: {fail: "NEXT → c"}\n')
        self.assertEqual(self.run_in(root).returncode, 0)
        self.assertEqual(json.loads((root / "plain.json").read_text())["verdict"]["route"], "NEXT → a")

    def test_mistakes(self):
        for text, words in (
                ("gates: []\n", ":1:1: unknown key 'gates'; known here: reporters, routes"),
                ("reporters: [{plugin: json, options: {pth: x}}]\n",
                 ":1:38: reporters[0].options.pth: unknown option 'pth' (did you mean 'path'?)"),
                ("reporters: [{plugin: 5}]\n", ":1:22: reporters[0].plugin: must be "),
                ("- x\n", "must be a map")):
            with self.subTest(text):
                name = f"wrong{len(list(self.directory.iterdir()))}"
                root = self.repository(name, text)
                done = self.run_in(root)
                self.assertEqual(done.returncode, 2)
                self.assertIn(".bitgate.yaml", done.stderr)
                self.assertIn(words, done.stderr)

    def test_from_a_ref(self):
        """With --config-from the change's own file counts for nothing."""
        root = self.repository("guarded", None)
        (root / "gate.yaml").write_text(PIPELINE)
        def git(*arguments):
            subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
                           cwd=root, check=True, capture_output=True)
        git("add", ".")
        git("commit", "-q", "-m", "base")
        (root / ".bitgate.yaml").write_text('routes: {pass: "FINALIZE → me"}\n')
        def route(*more):
            done = subprocess.run([BITGATE, "run", "gate.yaml", *more], cwd=root, capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads((root / "plain.json").read_text())["verdict"]["route"]
        self.assertEqual(route(), "FINALIZE → me")
        self.assertEqual(route("--config-from", "main"), "NEXT → a")
        git("add", ".bitgate.yaml")
        git("commit", "-q", "-m", "with it")
        (root / ".bitgate.yaml").unlink()
        self.assertEqual(route("--config-from", "main"), "FINALIZE → me")


main()
