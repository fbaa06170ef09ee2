#!/usr/bin/env python3
"""The flows: the guard on and off, each exit code of a run, and what of it is published."""

import pathlib
import subprocess

from support import BITGATE, COMMIT, GithubTest, main

CONFIGS = pathlib.Path(__file__).parents[2] / "configs"
PIPELINE = """version: 1
name: flow
gate: "{flow}:gate:benchmarks"
flow: {{guard: {{env: CURRENT_FLOW, equals: {flow}, when_unset: {unset}}}}}
features: {features}
backends: {{scalar: {{plugin: {plugin}, device: {device}, feature: cpu}}}}
suites:
  kernels:
    backends: [scalar]
    load: {{source: synthetic, values: ternary, shape: [64x128]}}
    quantize: {{format: i2_s}}
    compute: {{op: matmul, batch: 1, threads: 1, cache: hot}}
    output: {{check: oracle}}
sampling: {{min_samples: 60, precision: 50%, max_time: 1s}}
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: latency, metric: compute.time, require: "<= {limit}"}}
routes: {{accuracy: "NEXT → architecture-reviewer", speed: "NEXT → perf-fixer", tooling: "NEXT → operator"}}
reporters:
  - plugin: github
    options: {{token: "${{secret:GITHUB_TOKEN}}", repository: acme/kernels, commit: {commit}, pull_request: 7}}
  - {{plugin: json, options: {{path: receipt.json}}}}
"""


class Flows(GithubTest):
    def run_flow(self, current, flow="generative", unset="skip", features="[cpu]", plugin="cpu_simd",
                 device="cpu/scalar", limit="60s", more=()):
        (self.directory / "gate.yaml").write_text(PIPELINE.format(
            flow=flow, unset=unset, features=features, plugin=plugin, device=device, limit=limit,
            commit=COMMIT))
        return subprocess.run([BITGATE, "run", "gate.yaml", *more], cwd=self.directory,
                              env=self.environment(CURRENT_FLOW=current), capture_output=True,
                              text=True, check=False)

    def assert_published(self, done, code, conclusion, state, route, title):
        self.assertEqual(done.returncode, code, done.stderr)
        run, = self.github.shown_check_runs()
        body, = self.github.own_comments()
        self.assertEqual(run["conclusion"], conclusion)
        self.assertTrue(run["output"]["title"].startswith(title), run["output"]["title"])
        self.assertIn(f"**State:** {state}\n", body)
        self.assertIn(f"**Next:** {route}\n", body)
        return run

    def test_guard(self):
        """In another flow nothing is touched; what an unset variable means is the pipeline's choice."""
        for flow in ("generative", "review", "integrative"):
            other = "review" if flow == "generative" else "generative"
            for current, unset, runs, why in (
                    (other, "run", False, f"CURRENT_FLOW is '{other}', not '{flow}'"),
                    (None, "skip", False, "CURRENT_FLOW is not set, and flow.guard.when_unset is skip"),
                    ("", "skip", False, "CURRENT_FLOW is not set, and flow.guard.when_unset is skip"),
                    (None, "run", True, "CURRENT_FLOW is not set, and flow.guard.when_unset is run"),
                    (flow, "skip", True, f"CURRENT_FLOW is '{flow}'")):
                with self.subTest(flow=flow, current=current, unset=unset):
                    self.github.check_runs.clear()
                    self.github.log.clear()
                    (self.directory / "receipt.json").unlink(missing_ok=True)
                    done = self.run_flow(current, flow, unset)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(f"guard: {why}\n", done.stderr)
                    if runs:
                        self.assertEqual(self.github.check_runs[0]["name"], f"{flow}:gate:benchmarks")
                        continue
                    self.assertEqual(done.stdout, f"{flow}:gate:guard = skipped (out-of-scope)\n")
                    self.assertEqual(self.github.log, [])
                    self.assertEqual([p.name for p in self.directory.iterdir()], ["gate.yaml"])

    def test_exit_codes(self):
        self.assert_published(self.run_flow("generative"), 0, "success", "ready",
                              "FINALIZE → quality-finalizer", "pass")
        run = self.assert_published(self.run_flow("generative", limit="1ns"), 1, "failure",
                                    "needs-rework", "NEXT → perf-fixer", "fail: limit: latency: ")
        lines = (self.directory / "gate.yaml").read_text().splitlines()
        annotation, = run["output"]["annotations"]
        self.assertEqual(annotation["path"], "gate.yaml")
        self.assertIn("id: latency", lines[annotation["start_line"] - 1])
        self.assertEqual(self.run_flow("generative", limit="1 furlong").returncode, 2)
        self.assert_published(self.run_flow("generative", device="cpu/none"), 5, "neutral", "in-progress",
                              "NEXT → self", "skipped (nothing-measured): ")
        self.assert_published(self.run_flow("generative", more=["-f", "nothing-like-this"]), 5, "neutral",
                              "in-progress", "NEXT → self", "skipped (nothing-measured): filter")
        self.assert_published(self.run_flow("generative", features="[]"), 5, "neutral", "in-progress",
                              "NEXT → self", "skipped (nothing-measured): feature-off: ")
        self.assert_published(self.run_flow("generative", plugin="./none.so"), 4, "failure",
                              "needs-rework", "NEXT → operator", "fail: error: ")

    def test_inconclusive(self):
        """Exit code 3, by numbers that say both: as many of them are below the limit as beyond it."""
        head = PIPELINE[:PIPELINE.index("backends:")].format(flow="generative", unset="skip", features="[cpu]")
        tail = PIPELINE[PIPELINE.index("reporters:"):].format(commit=COMMIT)
        numbers = [100 + (number * 37) % 64 for number in range(64)]
        (self.directory / "gate.yaml").write_text(head + f"""backends:
  outside:
    plugin: process
    options:
      command: [echo, '{{"v": {numbers}}}']
      results: {{format: json, values: {{v: {{path: /v, unit: ms}}}}}}
suites: {{outside: {{backends: outside, compute: {{op: benchmark, benchmark: v}}}}}}
gates: [{{id: latency, metric: compute.time, require: "<= 131ms"}}]
""" + tail)
        done = subprocess.run([BITGATE, "run", "gate.yaml"], cwd=self.directory, capture_output=True, text=True,
                              check=False, env=self.environment(CURRENT_FLOW="generative"))
        self.assert_published(done, 3, "neutral", "in-progress", "NEXT → self", "skipped (inconclusive): latency: ")

    def test_edited_pipeline(self):
        """Annotations need the very file that was run."""
        self.run_flow("generative", limit="1ns")
        self.github.check_runs.clear()
        (self.directory / "gate.yaml").write_text("# edited\n" + (self.directory / "gate.yaml").read_text())
        self.report(str(self.directory / "receipt.json"))
        run, = self.github.check_runs
        self.assertNotIn("annotations", run["output"])

    def test_shipped(self):
        """The shipped pipelines are guarded, and skip where nobody says which flow it is."""
        for flow in ("generative", "review", "integrative"):
            config = str(CONFIGS / f"{flow}.yaml")
            valid = subprocess.run([BITGATE, "validate", config], capture_output=True, text=True, check=False)
            self.assertEqual(valid.returncode, 0, valid.stderr)
            for current in (None, "another"):
                done = subprocess.run([BITGATE, "run", config], capture_output=True, text=True, check=False,
                                      cwd=self.directory, env=self.environment(CURRENT_FLOW=current))
                self.assertEqual((done.returncode, done.stdout),
                                 (0, f"{flow}:gate:guard = skipped (out-of-scope)\n"))
            planned = subprocess.run([BITGATE, "run", config, "--dry-run"], capture_output=True, text=True,
                                     check=False, env=self.environment(CURRENT_FLOW=flow))
            self.assertRegex(planned.stdout, r"\d+ cases, \d gates; nothing was run")

    def test_service_level(self):
        """The integrative pipeline measures the small model, and publishes its throughput as one check run."""
        (self.directory / ".bitgate.yaml").write_text(f"""reporters:
  - plugin: github
    options: {{token: "${{secret:GITHUB_TOKEN}}", repository: acme/kernels, commit: {COMMIT}, pull_request: 7}}
""")
        command = [BITGATE, "run", str(CONFIGS / "integrative.yaml"), "--set", "sampling.max_time=1s"]
        for limit, code, conclusion, route in (("10s", 0, "success", "FINALIZE → integrative-performance-finalizer"),
                                               ("1ns", 1, "failure", "NEXT → perf-fixer")):
            gates = ('[{id: exact, metric: output.mismatches, require: "== 0"}, {id: service-level, metric: '
                     f'compute.time, where: {{format: i2_s}}, require: "<= {limit}"}}]')
            done = subprocess.run([*command, "--set", f"gates={gates}"], cwd=self.directory,
                                  env=self.environment(CURRENT_FLOW="integrative"), capture_output=True,
                                  text=True, check=False)
            run = self.assert_published(done, code, conclusion, "ready" if code == 0 else "needs-rework", route,
                                        "pass" if code == 0 else "fail: limit: service-level: ")
            self.assertEqual(run["name"], "integrative:gate:throughput")
            body, = self.github.own_comments()
            self.assertEqual(body.count("| throughput |"), 1)
            self.assertEqual(len(self.github.check_runs), 1)


main()
