#!/usr/bin/env python3
"""What the reporter github publishes, and that the same again changes nothing."""
import concurrent.futures
import json
import pathlib
import subprocess

import jsonschema  # Debian: python3-jsonschema

from server import HERE, Fault
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


def mutations(document, place=(), most=3):
    """Places in a receipt, and what to put there: of another kind, too much or nothing (...)."""
    items = document.items() if isinstance(document, dict) else enumerate(document[:1])
    for key, value in list(items):
        here = (*place, key)
        yield here, (17 if isinstance(value, (str, list, dict)) else "many")
        if len(place) < 2 and isinstance(document, dict):
            yield here, ...
        if isinstance(value, (dict, list)) and len(place) < most:
            if isinstance(value, dict):
                yield (*here, "planted"), "<script>"
            yield from mutations(value, here, most)


class Publish(GithubTest):
    def test_payloads(self):
        """One check run and one comment for every outcome."""
        for name, conclusion in [("pass", "success"), ("fail", "failure"), ("skipped", "neutral"),
                                 ("inconclusive", "neutral"), ("error", "failure"),
                                 ("hostile", "failure"), ("empty", "neutral"),
                                 *((f"{flow}-{name}", conclusion) for flow in ("review", "integrative")
                                   for name, conclusion in (
                                       ("pass", "success"), ("fail", "failure"), ("inconclusive", "neutral"),
                                       ("error", "failure"), ("skipped", "neutral")))]:
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
        """Also with a server that gives 30 comments at a time, whatever it is asked for."""
        self.github.most_per_page = 30
        for i in range(34):
            self.github.add_comment(HOSTILE_LEDGER if i == 3 else f"remark {i}", "stranger")
        mine = self.github.add_comment(HOSTILE_LEDGER)
        self.published("pass")
        self.published("pass")
        self.assertEqual(len(self.github.comments), 35)
        self.assertTrue(any("/comments" in line and "page=2" in line for line in self.github.log))
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

    def test_progress_comment(self):
        """One comment that is edited in place, if it is asked for; look-alikes are left alone."""
        marker = "<!-- bitgate:progress generative:gate:benchmarks -->"
        self.github.add_comment(marker + "\nplanted", "stranger")
        other = self.github.add_comment(marker.replace("benchmarks", "benchmarks2") + "\nof another gate")
        texts = []
        for limit in ("60s", "1ns", "1ns"):
            done = self.run_pipeline("progress_comment: true", {"GATE_TOKEN": self.github.token}, limit,
                                     "--context", "branch=feat/45-i2s")
            self.assertEqual(done.returncode, 0 if limit == "60s" else 1, done.stderr)
            ledger, = [body for body in self.github.own_comments() if "gates:start" in body]
            comment, = [body for body in self.github.own_comments() if body.startswith(marker + "\n")]
            texts.append((done.stderr, comment))
        self.assertIn("progress comment created", texts[0][0])
        self.assertIn("progress comment updated", texts[1][0])
        self.assertTrue(ledger.startswith("**Issue:** #45\n\n<!-- gates:start -->"))
        self.assertIn("planted", self.github.comments[0]["body"])
        self.assertIn("of another gate", other["body"])
        first, second = texts[0][1], texts[1][1]
        self.assertIn("**\\[GENERATIVE/benchmark-runner/benchmarks\\] pass: 1 of 1 case measured**", first)
        for part in ("Intent", "Inputs and scope", "Observations", "Actions", "Evidence", "Decision and route", "Receipts"):
            self.assertEqual(first.count(f"- **{part}:** "), 1)
        self.assertIn("issue 45 (branch feat/45-i2s)", first)
        self.assertIn("; every gate passes\n", first)
        self.assertIn("; gates that don't pass:\n  - latency: fail, limit: ", second)
        self.assertIn("FINALIZE → quality-finalizer", first)
        self.assertIn("NEXT → code-refiner", second)
        # The same receipt again changes nothing, and an answer that is lost makes no second one.
        self.github.comments.clear()
        self.github.faults = [Fault("drop-after", "POST", "/comments", times=2)]
        for said in ("progress comment updated", "progress comment unchanged"):
            done = self.report(str(self.directory / "receipt.json"), options="progress_comment=true")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ledger unchanged; progress comment unchanged", done.stderr)
        self.assertEqual(len(self.github.own_comments()), 2)
        self.github.faults = [Fault(403, "POST", "/comments", times=99, message="Resource not accessible by integration")]
        self.github.comments.clear()
        self.assertEqual(self.report(str(self.directory / "receipt.json"), options="progress_comment=true").returncode, 4)
        path, = self.directory.glob("bitgate-outbox/*.requests.json")
        bodies = [request["body"]["body"] for request in json.loads(path.read_text())["requests"]]
        self.assertEqual([body.startswith(marker) for body in bodies], [False, True])

    def test_issue_of_the_ledger(self):
        """What the ledger's text says of the issue is said, and what disagrees with it."""
        for text, arguments, said in (
                ("**Issue:** #45\r\n", [], "ledger updated; issue 45 by the ledger\n"),
                ("Issue: #45\n", ["--context", "issue=44"], "; issue 45 by the ledger, not 44\n"),
                ("Issue: #45\n", ["--context", "issue=45"], "ledger updated\n"),
                ("Issue: #45\nissue: #46\n", [], "ledger updated\n"), ("issue #45\nIssue: #0\n", [], "ledger updated\n")):
            with self.subTest(text, arguments=arguments):
                self.github.comments.clear()
                self.github.add_comment("Issue: #77\n" + HOSTILE_LEDGER, "stranger")
                self.github.add_comment(text + HOSTILE_LEDGER)
                self.assertIn(said, self.published("pass", more=arguments).stderr)

    def test_hostile_receipts(self):
        """What is no receipt is refused before anything of it is used, by all that its schema says."""
        schema = jsonschema.Draft7Validator(
            json.loads((HERE.parents[1] / "docs" / "receipt.schema.json").read_text()))
        good = pathlib.Path(receipt_path("fail")).read_text()
        bad = []
        for place, value in mutations(json.loads(good)):
            document = json.loads(good)
            holder = document
            for key in place[:-1]:
                holder = holder[key]
            if value is ...:
                del holder[place[-1]]
            else:
                holder[place[-1]] = value
            if not schema.is_valid(document):
                path = self.directory / f"{len(bad)}.json"
                path.write_text(json.dumps(document))
                bad.append((place, value, path))
        self.assertGreater(len(bad), 200)

        def report(path):
            return subprocess.run(
                [BITGATE, "report", path.name, "--reporter", "github:token=${secret:GITHUB_TOKEN},repository=acme/kernels,"
                 f"commit={COMMIT},pull_request=7"], cwd=self.directory, env=self.environment(), capture_output=True,
                text=True, check=False)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            some = bad[::2]
            for (place, value, path), done in zip(some, pool.map(report, [path for _, _, path in some])):
                self.assertEqual(done.returncode, 2, f"{place} = {value}: {done.stderr}")
                self.assertRegex(done.stderr, path.name + " is (no whole receipt|no receipt|of schema)")
        self.assertEqual(self.github.log, [])

    def test_receipt_of_another_change(self):
        """The subject comes from the event and the options. A receipt that is of another is not published."""
        path = self.directory / "receipt.json"
        self.run_pipeline("dry_run: true", {}, "60s", "--context", "pull_request=8", "--context", "commit=" + "e" * 40)
        done = self.report(str(path), environment=self.environment())
        self.assertEqual(done.returncode, 4)
        self.assertIn(f"the receipt is about the commit {'e' * 40}, and this is {COMMIT}: nothing is published", done.stderr)
        done = self.report(str(path), more=["--context", "commit=" + "e" * 40])
        self.assertIn("the receipt is about the pull request 8, and this is 7: nothing is published", done.stderr)
        self.assertEqual((done.returncode, self.github.log), (4, []))

    def test_run_reports_too(self):
        """A run with the reporter in its pipeline, the token in a file."""
        holder = self.directory.parent / f"{self.directory.name}.token"
        holder.write_text(self.github.token + "\n")
        self.addCleanup(holder.unlink)
        done = self.run_pipeline("dry_run: false", {"GITHUB_TOKEN": None, "GATE_TOKEN_FILE": str(holder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("check run created; ledger created", done.stderr)

    def test_verdict_stands(self):
        """What can't be published changes no verdict; exit code 4 takes the place of 0 if it is required."""
        self.github.faults = [Fault(401, times=99, message="Bad credentials")]
        for required, limit, code in (("true", "60s", 4), ("false", "60s", 0), ("true", "1ns", 1), ("false", "1ns", 1)):
            with self.subTest(required=required, limit=limit):
                done = self.run_pipeline("dry_run: false", {"GATE_TOKEN": self.github.token}, limit, required=required)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn("CHECK-SKIPPED: reason=", done.stderr)
                verdict = json.loads((self.directory / "receipt.json").read_text())["verdict"]
                self.assertEqual((verdict["status"], verdict["exit_code"]), ("pass", 0) if limit == "60s" else ("fail", 1))

    def run_pipeline(self, option, environment, limit="60s", *more, required="true"):
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
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: latency, metric: compute.time, require: "<= {limit}"}}
reporters:
  - plugin: github
    options:
      {{token: "${{secret:GATE_TOKEN}}", repository: acme/kernels, commit: {COMMIT}, pull_request: 7,
       {option}}}
    required: {required}
""")
        with ArgvWatch() as watch:
            done = subprocess.run(
                [BITGATE, "run", str(pipeline), "--json", "receipt.json", *more], cwd=self.directory,
                env=self.environment(**environment), capture_output=True, text=True, check=False)
        self.assertEqual(watch.found, set())
        return done


main()
