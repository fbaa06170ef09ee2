#!/usr/bin/env python3
"""The workflow files of docs/ci: sound YAML of the shape that GitHub takes, with no more rights than
they say they need, and every command in them works."""
import json
import os
import pathlib
import re
import subprocess

import jsonschema  # Debian: python3-jsonschema
import yaml  # Debian: python3-yaml

from support import BITGATE, GithubTest, main, receipt_path

WORKFLOWS = pathlib.Path(__file__).parents[2] / "docs" / "ci"
HEAD = "f" * 40

STEP = {"type": "object", "additionalProperties": False,
        "oneOf": [{"required": ["uses"], "not": {"required": ["run"]}},
                  {"required": ["run", "name"], "not": {"required": ["uses"]}}],
        "properties": {"name": {"type": "string"}, "if": {"type": "string"}, "run": {"type": "string"},
                       "uses": {"type": "string", "pattern": r"^actions/[a-z-]+@v[0-9]+$"},
                       "env": {"type": "object"}, "with": {"type": "object"}}}
SCHEMA = {
    "type": "object", "additionalProperties": False,
    "required": ["name", "on", "permissions", "concurrency", "jobs"],
    "properties": {
        "name": {"type": "string"},
        "on": {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {
            "pull_request": {"type": "null"},
            "workflow_run": {"type": "object", "required": ["workflows", "types"]}}},
        "permissions": {"type": "object", "additionalProperties": False, "properties": {
            name: {"enum": ["read", "write"]} for name in ("contents", "actions", "checks", "pull-requests")}},
        "concurrency": {"type": "object", "required": ["group"]},
        "jobs": {"type": "object", "minProperties": 1, "additionalProperties": {
            "type": "object", "additionalProperties": False,
            "required": ["runs-on", "timeout-minutes", "steps"],
            "properties": {"if": {"type": "string"}, "runs-on": {"type": "string"}, "needs": {"type": "string"},
                           "permissions": {"const": {"contents": "read"}},
                           "strategy": {"type": "object", "required": ["fail-fast", "matrix"]},
                           "timeout-minutes": {"type": "integer"},
                           "steps": {"type": "array", "minItems": 1, "items": STEP}}}}}}

PIPELINE = """version: 1
name: small
gate: "generative:gate:benchmarks"
flow: {guard: {env: CURRENT_FLOW, equals: generative, when_unset: skip}}
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
"""


def read(name):
    # YAML 1.1 takes the key `on` for true; GitHub does not.
    text = (WORKFLOWS / name).read_text()
    return yaml.safe_load(re.sub(r"^on:", '"on":', text, flags=re.M))


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


class Workflows(GithubTest):
    def test_shape(self):
        names = sorted(path.name for path in WORKFLOWS.iterdir())
        self.assertEqual(names, ["gate-matrix.yml", "gate-report.yml", "gate-run.yml", "gate.yml"])
        for name in names:
            with self.subTest(name):
                jsonschema.validate(read(name), SCHEMA)
                for text in re.findall(r"\$\{\{(.*?)\}\}", (WORKFLOWS / name).read_text()):
                    self.assertRegex(text.strip(), r"^(github|runner|matrix)\.[a-z_.]+$")

    def test_rights(self):
        """Who runs foreign code has no secret; who has the token runs none."""
        run, report = read("gate-run.yml"), read("gate-report.yml")
        self.assertEqual(run["permissions"], {"contents": "read"})
        self.assertNotIn("token", json.dumps(run))
        self.assertEqual([s["with"]["repository"] for s in steps(report) if "checkout" in s.get("uses", "")],
                         ["YOUR-ORG/bitgate"])
        self.assertEqual(report["on"]["workflow_run"]["workflows"], [run["name"]])
        measure = read("gate-matrix.yml")["jobs"]["measure"]
        self.assertEqual(measure["permissions"], {"contents": "read"})
        self.assertNotIn("token", json.dumps(measure))
        for name in ("gate.yml", "gate-run.yml", "gate-report.yml", "gate-matrix.yml"):
            for step in steps(read(name)):
                if "checkout" in step.get("uses", ""):
                    self.assertIs(step["with"]["persist-credentials"], False)
                # What others write must not become a part of a script.
                self.assertNotIn("${{", step.get("run", ""))
        caches = [s["with"]["key"] for w in (run, report) for s in steps(w) if "cache" in s.get("uses", "")]
        self.assertEqual(len(set(caches)), 2)

    def run_steps(self, name, event, receipt=None, pipeline=PIPELINE, job=None, matrix=()):
        """Runs the scripts of a workflow, or of a job of it, as the runner does, on a machine that has bitgate
        already."""
        home = self.directory / "home"
        (home / "bitgate" / "bin").mkdir(parents=True, exist_ok=True)
        program = home / "bitgate" / "bin" / "bitgate"
        if not program.exists():
            program.symlink_to(BITGATE)
        work = self.directory / "work"
        (work / "base").mkdir(parents=True, exist_ok=True)
        if not (work / "bitgate").exists():
            (work / "bitgate").symlink_to(WORKFLOWS.parents[1])
        (work / "base" / "gate.yaml").write_text(pipeline)
        if receipt:
            (work / "receipt.json").write_bytes(pathlib.Path(receipt).read_bytes())
        (self.directory / "event.json").write_text(json.dumps(event))
        ran = []
        workflow = read(name)
        for step in workflow["jobs"][job]["steps"] if job else steps(workflow):
            if "run" not in step:
                continue
            given = {name: value.replace("${{ github.token }}", self.github.token)
                     for name, value in step.get("env", {}).items()}
            for key, value in dict(matrix).items():
                given = {name: text.replace("${{ matrix.%s }}" % key, value) for name, text in given.items()}
            environment = self.environment(**({
                "GITHUB_TOKEN": None, "HOME": str(home), "GITHUB_REPOSITORY": "acme/kernels",
                "GITHUB_SHA": "a" * 40, "GITHUB_EVENT_PATH": str(self.directory / "event.json"),
                "GITHUB_WORKSPACE": str(work)} | given))
            done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=work, env=environment,
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, step["run"] + done.stderr)
            ran.append(step["name"])
        return ran

    def test_one_job(self):
        event = {"pull_request": {"number": 12, "head": {"sha": HEAD}}}
        self.assertIn("Measure, judge, publish", self.run_steps("gate.yml", event))
        self.assertEqual([(r["name"], r["head_sha"], r["conclusion"]) for r in self.github.check_runs],
                         [("generative:gate:benchmarks", HEAD, "success")])
        self.assertEqual(len(self.github.own_comments()), 1)

    def test_matrix(self):
        """Each machine measures its part, and what is merged is judged and published once."""
        suite = PIPELINE[PIPELINE.index("  kernels:"):PIPELINE.index("sampling:")]
        pipeline = PIPELINE.replace(suite, suite + suite.replace("kernels", "inference"))
        event = {"pull_request": {"number": 12, "head": {"sha": HEAD}}}
        work = self.directory / "work"
        for part in read("gate-matrix.yml")["jobs"]["measure"]["strategy"]["matrix"]["include"]:
            ran = self.run_steps("gate-matrix.yml", event, pipeline=pipeline, job="measure", matrix=part)
            self.assertIn("Measure a part", ran)
            folder = work / "receipts" / f"receipt-{part['part']}"
            folder.mkdir(parents=True)
            os.replace(work / "receipt.json", folder / "receipt.json")
        self.assertEqual(self.github.log, [])
        self.assertIn("Merge, judge, publish",
                      self.run_steps("gate-matrix.yml", event, pipeline=pipeline, job="gate"))
        self.assertEqual([(r["name"], r["head_sha"], r["conclusion"]) for r in self.github.check_runs],
                         [("generative:gate:benchmarks", HEAD, "success")])
        merged = json.loads((work / "receipt.json").read_text())
        self.assertEqual([case["status"] for case in merged["cases"]], ["measured", "measured"])

    def test_two_workflows(self):
        """Through the artifact of the first, published by the event of the second."""
        pull = {"number": 12, "head": {"sha": HEAD, "ref": "feat/45-i2s"}, "base": {"sha": "b" * 40}}
        self.assertIn("Measure and judge", self.run_steps("gate-run.yml", {"pull_request": pull}))
        self.assertEqual(self.github.log, [])
        self.github.pulls = [{"number": 12, "state": "open", "head": {"sha": HEAD}}]
        event = {"workflow_run": {"head_sha": HEAD, "pull_requests": []}}
        artifact = self.directory / "artifact.json"
        os.replace(self.directory / "work" / "receipt.json", artifact)
        self.assertIn("Publish", self.run_steps("gate-report.yml", event, artifact))
        self.assertEqual([r["head_sha"] for r in self.github.check_runs], [HEAD])
        self.assertTrue(any("/issues/12/comments" in line for line in self.github.log))
        # Of another commit than the event's nothing is published.
        self.github.log.clear()
        with self.assertRaisesRegex(AssertionError, f"the receipt is about the commit {HEAD}"):
            self.run_steps("gate-report.yml", {"workflow_run": {"head_sha": "d" * 40}}, artifact)
        self.assertEqual(self.github.log, [])

    def test_hostile_artifacts(self):
        event = {"workflow_run": {"head_sha": HEAD, "pull_requests": []}}
        good = pathlib.Path(receipt_path("pass")).read_bytes()
        for text in (b"", b"{}", b"[" * 100000, good + b" " * 20_000_000, b'{"schema": "bitgate.receipt/1"}', b"\xff\xfe",
                     pathlib.Path(receipt_path("pass")).read_bytes().replace(
                         b"generative:gate:benchmarks", b"integrative:gate:security")):
            with self.subTest(text[:40], size=len(text)):
                artifact = self.directory / "artifact.json"
                artifact.write_bytes(text)
                with self.assertRaises(AssertionError):
                    self.run_steps("gate-report.yml", event, artifact)
                self.assertEqual(self.github.log, [])


main()
