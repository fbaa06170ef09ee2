#!/usr/bin/env python3
"""What the reporter github publishes, and that the same again changes nothing."""
import json
import subprocess

from support import BITGATE, COMMIT, ArgvWatch, GithubTest, digest, main, receipt_path

HOSTILE_LEDGER = """<!-- gates:start -->
| Gate | Status | Evidence |
| ---- | ------ | -------- |
<!-- gates:end -->
<!-- hoplog:start -->
<!-- hoplog:end -->
<!-- decision:start -->
<!-- decision:end -->
"""


class Publish(GithubTest):
    def test_payloads(self):
        """One check run and one comment for every outcome."""
        for name, conclusion in [("pass", "success"), ("fail", "failure"), ("skipped", "neutral"),
                                 ("inconclusive", "neutral"), ("error", "failure"),
                                 ("hostile", "failure"), ("empty", "neutral"),
                                 ("review-pass", "success"), ("review-fail", "failure"),
                                 ("integrative-pass", "success"), ("integrative-fail", "failure")]:
            with self.subTest(name):
                self.github.check_runs.clear()
                self.github.comments.clear()
                self.published(name)
                run, = self.github.check_runs
                body, = self.github.own_comments()
                self.assertEqual(run["conclusion"], conclusion)
                if run["conclusion"] == "neutral":
                    self.assertRegex(run["output"]["summary"], r"skipped \([a-z/-]+\)")
                    self.assertRegex(run["output"]["title"], r"^skipped \([a-z/-]+\)")
                shown = {k: v for k, v in run.items() if k not in ("id", "app")}
                summary = shown["output"].pop("summary")
                self.golden(f"{name}.check-run.txt",
                            json.dumps(shown, indent=2, ensure_ascii=False) + "\n\n" + summary, name)
                self.golden(f"{name}.ledger.md", body, name)

    def test_replay(self):
        self.published("fail")
        before = json.dumps([self.github.check_runs, self.github.comments])
        self.github.log.clear()
        done = self.published("fail")
        self.assertIn("check run unchanged; ledger unchanged", done.stderr)
        self.assertEqual(json.dumps([self.github.check_runs, self.github.comments]), before)
        self.assertEqual([line for line in self.github.log if not line.startswith("GET")], [])

    def test_update(self):
        """Another receipt of the same commit takes the same check run, row and comment."""
        self.published("fail")
        run_id, comment_id = self.github.check_runs[0]["id"], self.github.comments[0]["id"]
        done = self.published("pass")
        self.assertIn("check run updated; ledger updated", done.stderr)
        self.assertEqual([(r["id"], r["conclusion"], r["external_id"]) for r in self.github.check_runs],
                         [(run_id, "success", digest("pass"))])
        body, = self.github.own_comments()
        self.assertEqual(self.github.comments[0]["id"], comment_id)
        self.assertEqual(body.count("| benchmarks |"), 1)
        self.assertEqual(body.count("benchmark-runner: benchmarks="), 2)
        self.assertIn("**State:** ready", body)
        self.assertIn("**Next:** FINALIZE → quality-finalizer", body)

    def test_pages_and_strangers(self):
        """The ledger is found on the second page, and look-alikes of others are left alone."""
        for i in range(120):
            stranger = HOSTILE_LEDGER if i % 10 == 0 else f"remark {i}"
            self.github.add_comment(stranger, f"stranger-{i}")
        mine = self.github.add_comment(HOSTILE_LEDGER)
        for i in range(34):
            self.github.add_comment(f"later {i}", "stranger")
        before = [c["body"] for c in self.github.comments if c is not mine]
        self.published("pass")
        self.assertEqual([c["body"] for c in self.github.comments if c is not mine], before)
        self.assertIn("| benchmarks | pass |", mine["body"])
        self.assertTrue(any("page=2" in line for line in self.github.log))

    def test_thirty_five_comments_with_small_pages(self):
        """Also with a server that gives the 30 comments of its default page."""
        for i in range(34):
            self.github.add_comment(HOSTILE_LEDGER if i == 3 else f"remark {i}", "stranger")
        mine = self.github.add_comment(HOSTILE_LEDGER)
        self.published("pass")
        self.published("pass")
        self.assertEqual(len(self.github.comments), 35)
        self.assertIn("| benchmarks | pass |", mine["body"])

    def test_another_apps_check_run(self):
        self.github.check_runs.append(
            {"id": 5, "app": {"id": 1, "slug": "other"}, "name": "generative:gate:benchmarks",
             "head_sha": COMMIT, "status": "completed", "conclusion": "success", "external_id": "x"})
        self.published("fail")
        self.assertEqual([(r["app"]["slug"], r["conclusion"]) for r in self.github.check_runs],
                         [("other", "success"), ("github-actions", "failure")])

    def test_event(self):
        """Commit and pull request from the workflow's event, a fork's too."""
        head = "f" * 40
        for event in ({"pull_request": {"number": 12, "head": {"sha": head}}},
                      {"workflow_run": {"head_sha": head, "pull_requests": [
                          {"number": 11, "head": {"sha": "e" * 40}},
                          {"number": 12, "head": {"sha": head}}]}},
                      {"workflow_run": {"head_sha": head, "pull_requests": []}}):
            with self.subTest(event=event):
                self.github.check_runs.clear()
                self.github.comments.clear()
                self.github.log.clear()
                self.github.pulls = [{"number": 12, "state": "open", "head": {"sha": head}},
                                     {"number": 13, "state": "closed", "head": {"sha": head}},
                                     {"number": 14, "state": "open", "head": {"sha": "d" * 40}}]
                path = self.directory / "event.json"
                path.write_text(json.dumps(event))
                environment = self.environment(GITHUB_EVENT_PATH=str(path), GITHUB_SHA="a" * 40,
                                               GITHUB_REPOSITORY="acme/kernels")
                done = subprocess.run(
                    [BITGATE, "report", receipt_path("pass"), "--reporter",
                     "github:token=${secret:GITHUB_TOKEN}"],
                    cwd=self.directory, env=environment, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.github.check_runs[0]["head_sha"], head)
                self.assertTrue(any("/issues/12/comments" in line for line in self.github.log))

    def test_no_pull_request(self):
        done = self.published("pass", pull_request=None)
        self.assertIn("no open pull request of this commit, so no ledger", done.stderr)
        self.assertEqual(len(self.github.check_runs), 1)
        self.assertEqual(self.github.comments, [])

    def test_job_files(self):
        summary, output = self.directory / "summary.md", self.directory / "output"
        summary.write_text("an earlier step\n")
        self.published("hostile", environment=self.environment(
            GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(output)))
        self.assertTrue(summary.read_text().startswith("an earlier step\n## "))
        lines = output.read_text().splitlines()
        self.assertEqual([line.split("=")[0] for line in lines],
                         ["gate", "status", "reason", "route", "evidence", "receipt"])
        self.assertEqual(lines[-1], "receipt=" + digest("hostile"))

    def test_policy_for_skips(self):
        self.published("skipped", options="on_skip=action_required")
        self.assertEqual(self.github.check_runs[0]["conclusion"], "action_required")

    def test_only_this_gate(self):
        done = self.report("pass", options="gate=review:gate:perf")
        self.assertEqual(done.returncode, 4)
        self.assertIn("the receipt is of the gate generative:gate:benchmarks, and option gate says "
                      "review:gate:perf: nothing is published", done.stderr)

    def test_two_runs_at_once(self):
        """They end with one check run and one comment, also without the lock of one machine."""
        for apart in (False, True):
            with self.subTest(apart=apart):
                self.github.check_runs.clear()
                self.github.comments.clear()
                runs = []
                for number, name in enumerate(("pass", "fail") if apart else ("pass", "fail", "error", "skipped")):
                    away = self.directory / f"machine-{number}"
                    away.mkdir(exist_ok=True)
                    more = {"TMPDIR": str(away)} if apart else {}
                    runs.append(subprocess.Popen(
                        [BITGATE, "report", receipt_path(name), "--reporter",
                         f"github:token=${{secret:GITHUB_TOKEN}},repository=acme/kernels,commit={COMMIT},"
                         f"pull_request=7,outbox={away}/outbox"],
                        cwd=self.directory, env=self.environment(**more), stderr=subprocess.PIPE))
                for run in runs:
                    _, err = run.communicate(timeout=120)
                    self.assertEqual(run.returncode, 0, err.decode())
                self.assertEqual(len(self.github.shown_check_runs()), 1)
                body, = self.github.own_comments()
                self.assertEqual(body.count("| benchmarks |"), 1)
                if not apart:
                    self.assertEqual(len(self.github.check_runs), 1)
                    self.assertEqual(body.count("benchmark-runner: benchmarks="), 4)

    def test_dry_run(self):
        """Everything is written down, and nobody is asked."""
        done = self.run_pipeline("dry_run: true", {"GITHUB_TOKEN": None, "GATE_TOKEN": None})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("github: dry run, the requests are in bitgate-outbox/", done.stderr)
        path, = self.directory.glob("bitgate-outbox/*.requests.json")
        self.assertEqual([r["path"] for r in json.loads(path.read_text())["requests"]],
                         ["/repos/acme/kernels/check-runs", "/repos/acme/kernels/issues/7/comments"])
        self.assertEqual(self.github.log, [])

    def test_run_reports_too(self):
        """A run with the reporter in its pipeline, the token in a file."""
        holder = self.directory.parent / f"{self.directory.name}.token"
        holder.write_text(self.github.token + "\n")
        self.addCleanup(holder.unlink)
        done = self.run_pipeline("dry_run: false", {"GITHUB_TOKEN": None, "GATE_TOKEN_FILE": str(holder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("check run created; ledger created", done.stderr)

    def run_pipeline(self, option, environment):
        pipeline = self.directory / "p.yaml"
        pipeline.write_text(f"""version: 1
name: published
features: [cpu]
backends: {{scalar: {{plugin: cpu_simd, device: cpu/scalar}}}}
suites:
  kernels:
    backends: [scalar]
    load: {{source: synthetic, values: ternary, shape: ["64x128"]}}
    quantize: {{format: [i2_s]}}
    compute: {{op: matmul, batch: [1], threads: [1], cache: hot}}
    output: {{check: oracle}}
sampling: {{min_samples: 3, precision: 50%, max_time: 1s}}
gates: [{{id: exact, metric: output.mismatches, require: "== 0"}}]
reporters:
  - plugin: github
    options:
      {{token: "${{secret:GATE_TOKEN}}", repository: acme/kernels, commit: {COMMIT}, pull_request: 7,
       {option}}}
    required: true
""")
        with ArgvWatch() as watch:
            done = subprocess.run(
                [BITGATE, "run", str(pipeline), "--json", "receipt.json"], cwd=self.directory,
                env=self.environment(**environment), capture_output=True, text=True, check=False)
        self.assertEqual(watch.found, set())
        return done


main()
