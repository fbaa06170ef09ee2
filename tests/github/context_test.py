#!/usr/bin/env python3
"""What a run is about: where each fact comes from, what is not known, and what the scope makes of it."""
import json
import subprocess

from support import BITGATE, COMMIT, GithubTest, main

HEAD = "f" * 40
PIPELINE = """version: 1
name: scoped
features: {features}
{more}backends:
  scalar: {{plugin: cpu_simd, device: cpu/scalar}}
  extra:  {{plugin: cpu_simd, device: cpu/scalar, feature: extra}}
suites:
  one: &suite
    backends: [scalar, extra]
    load: {{source: synthetic, values: ternary, shape: [64x128]}}
    quantize: {{format: i2_s}}
    compute: {{op: matmul, batch: 1, threads: 1, cache: hot}}
    output: {{check: oracle}}
  two: *suite
sampling: {{min_samples: 3, precision: 50%, max_time: 100ms}}
gates:
  - {{id: exact, metric: output.mismatches, require: "== 0"}}
  - {{id: exact-two, metric: output.mismatches, where: {{suite: two}}, require: "== 0"}}
"""
PULL = {"number": 7, "body": "I2_S kernels.\n\nFixes #45, see #46", "labels": [{"name": "gpu"}, {"name": "size/S"}],
        "head": {"sha": HEAD, "ref": "i2s-kernels"}, "base": {"sha": "b" * 40, "ref": "main"}}


class Context(GithubTest):
    def git(self, *arguments):
        return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments], check=True,
                              cwd=self.directory, capture_output=True, text=True).stdout.strip()

    def bitgate(self, *arguments, event=None, **variables):
        if event is not None:
            path = self.directory / "event.json"
            path.write_text(event if isinstance(event, str) else json.dumps(event))
            variables["GITHUB_EVENT_PATH"] = str(path)
        return subprocess.run([BITGATE, *map(str, arguments)], cwd=self.directory, capture_output=True, text=True,
                              check=False, env=self.environment(**variables))

    def run_here(self, *arguments, more="", features="[cpu]", **around):
        (self.directory / "gate.yaml").write_text(PIPELINE.format(more=more, features=features))
        done = self.bitgate("run", "gate.yaml", "--json", "receipt.json", "--reporter", "console", *arguments, **around)
        path = self.directory / "receipt.json"
        receipt = json.loads(path.read_text()) if path.exists() else None
        return done, receipt

    def context(self, *arguments, **around):
        done, receipt = self.run_here("-f", "nothing", *arguments, **around)
        self.assertEqual(done.returncode, 5, done.stderr)
        return receipt["context"]

    def assert_facts(self, context, **facts):
        for name, (value, source) in facts.items():
            self.assertEqual((context[name]["value"], context[name]["source"]), (value, source), name)

    def test_git(self):
        self.git("init", "--quiet", "--initial-branch", "feat/45-i2s")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        for address in ("git@github.com:acme/kernels.git", "https://github.example/acme/kernels"):
            self.git("remote", "add", "origin", address)
            context = self.context()
            self.assert_facts(context, repository=("acme/kernels", "git"), commit=(self.git("rev-parse", "HEAD"), "git"),
                              branch=("feat/45-i2s", "git"), issue=("45", "branch feat/45-i2s"), scope=(["cpu"], "pipeline"))
            self.git("remote", "remove", "origin")
        self.git("checkout", "--quiet", "--detach")
        context = self.context()
        self.assertIsNone(context["branch"]["value"])
        self.assertIn("; say it with --context issue=", context["issue"]["reason"])

    def test_event(self):
        """The event goes before git, and a merge commit is never taken for the head."""
        self.git("init", "--quiet", "--initial-branch", "feat/9-other")
        self.git("commit", "--quiet", "--allow-empty", "-m", "merge")
        actions = {"GITHUB_REPOSITORY": "acme/kernels", "GITHUB_SHA": "a" * 40, "GITHUB_REF": "refs/pull/7/merge",
                   "GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "7/merge"}
        self.assert_facts(self.context(event={"pull_request": PULL}, GITHUB_EVENT_NAME="pull_request", **actions),
                          repository=("acme/kernels", "GITHUB_REPOSITORY"), commit=(HEAD, "event"),
                          branch=("i2s-kernels", "event"), base=("b" * 40, "event"), pull_request=("7", "event"),
                          issue=("45", "the pull request's text"), labels=(["gpu", "size/S"], "event"))
        run = {"head_sha": HEAD, "head_branch": "fix/12-x", "pull_requests": [
            {"number": 6, "head": {"sha": "e" * 40}}, {"number": 8, "head": {"sha": HEAD}}]}
        self.assert_facts(self.context(event={"workflow_run": run}, GITHUB_EVENT_NAME="workflow_run"),
                          commit=(HEAD, "event"), pull_request=("8", "event"), issue=("12", "branch fix/12-x"))
        pushed = self.context(event={"before": "c" * 40}, GITHUB_EVENT_NAME="push", GITHUB_SHA=HEAD,
                              GITHUB_REF_TYPE="branch", GITHUB_REF_NAME="main")
        self.assert_facts(pushed, commit=(HEAD, "GITHUB_SHA"), branch=("main", "GITHUB_REF_NAME"),
                          base=("c" * 40, "event"), labels=([], "event"))
        self.assert_facts(self.context(event={"issue": {"number": 3}}), issue=("3", "event"))
        self.assert_facts(self.context(event={"issue": {"number": 3, "pull_request": {}}}),
                          issue=("9", "branch feat/9-other"))
        # Of several none is taken.
        two = PULL | {"body": "fixes #4, closes #5"}
        self.assertIn("the pull request closes several: 4, 5",
                      self.context(event={"pull_request": two})["issue"]["reason"])
        labelled = PULL | {"body": None, "labels": [{"name": "issue-46"}]}
        self.assert_facts(self.context(event={"pull_request": labelled}), issue=("46", "label issue-46"))

    def test_unknown(self):
        """Outside of everything nothing is known, and each fact says why; an event that can't be read is not
        worked around."""
        done, receipt = self.run_here("-f", "nothing")
        for name in ("repository", "commit", "branch", "base", "pull_request", "issue", "labels"):
            fact = receipt["context"][name]
            self.assertEqual((fact["value"], fact["source"]), (None, None))
            self.assertIn(f"; say it with --context {name}=…", fact["reason"])
        self.assertIn("scope cpu; not known: repository, commit, branch, pull request, issue\n", done.stdout)
        self.assertIsNone(receipt["context"]["changed"]["value"])
        for event in ("[1]", "{", ""):
            context = self.context(event=event, GITHUB_SHA=HEAD)
            self.assertIsNone(context["commit"]["value"])
            self.assertIn("is no JSON object", context["commit"]["reason"])
        hostile = {"pull_request": {"number": -7, "head": {"sha": "; rm -rf /", "ref": "a\nb"}, "labels": "x", "body": 1}}
        context = self.context(event=hostile, GITHUB_REPOSITORY="../..")
        for name in ("repository", "commit", "branch", "pull_request", "labels"):
            self.assertIsNone(context[name]["value"], name)
        self.assertIn("event says '; rm -rf /', which is not a whole sha", context["commit"]["reason"])

    def test_command_line(self):
        given = {"repository": "acme/kernels", "commit": COMMIT, "branch": "issue-45", "base": "main",
                 "pull_request": "7", "labels": "gpu,full", "changed": "a b.c,d"}
        arguments = [part for name, value in given.items() for part in ("--context", f"{name}={value}")]
        context = self.context(*arguments, event={"pull_request": PULL})
        self.assert_facts(context, labels=(["gpu", "full"], "command line"), changed=(["a b.c", "d"], "command line"),
                          issue=("45", "branch issue-45"), pull_request=("7", "command line"))
        for wrong, words in (("isue=4", "--context isue: there are repository, commit"), ("issue", "write --context fact=value"),
                             ("issue=x", "--context issue: must be a number from 1 on, not 'x'"),
                             ("scope=gpu", "--context scope: there are"), ("commit=abc", "must be a whole sha"),
                             ("base=--output=x", "must be the name of a branch or commit")):
            done = self.bitgate("run", "gate.yaml", "--context", wrong)
            self.assertEqual((done.returncode, words in done.stderr), (2, True), done.stderr)
        done = self.bitgate("run", "gate.yaml", "--context", "issue=1", "--context", "issue=2")
        self.assertIn("--context issue: is given twice", done.stderr)

    def test_issue_branches(self):
        more = 'context: {issue_branches: ["work/*-{issue}", "work/{issue}-*"]}\n'
        for branch, issue in (("work/i2s-45", "45"), ("work/45-i2s", "45"), ("feat/45-i2s", None), ("work/44-45", None),
                              ("work/0-x", None)):
            context = self.context("--context", "branch=" + branch, more=more)
            self.assertEqual(context["issue"]["value"], issue, branch)

    def statuses(self, receipt):
        return {case["id"].split("/")[0] + "@" + case["backend"]: case["reason"].split(":")[0] if case["reason"] else case["status"]
                for case in receipt["cases"]}

    def verified(self, code=0):
        done = self.bitgate("verify", "receipt.json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_scope_of_labels_and_branches(self):
        more = """scope:
  - {labels: [full, "bench-*"], features: [extra], suites: [two]}
  - {branches: [main], suites: [two]}
"""
        on, out, off = "measured", "out-of-scope", "missing-context"
        for given, code, two, extra in (
                (["labels=bench-all", "branch=x"], 0, on, on), (["labels=", "branch=main"], 0, on, out),
                (["labels=gpu", "branch=x"], 0, out, out), (["labels=full"], 0, on, on),
                (["branch=main"], 5, on, off), (["branch=x"], 5, off, off), ([], 5, off, off)):
            with self.subTest(given):
                done, receipt = self.run_here(*[part for one in given for part in ("--context", one)], more=more)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                self.assertEqual(self.statuses(receipt), {
                    "one@scalar": on, "one@extra": extra, "two@scalar": two,
                    "two@extra": two if two != on else extra})
                self.verified()
        planned = self.bitgate("plan", "gate.yaml", "--context", "labels=x", "--context", "branch=y")
        self.assertIn("  (skipped: out-of-scope: suite 'two': no label matches full or bench-*: it is 'x')\n", planned.stdout)

    def test_all_out_of_scope(self):
        """Nothing that was declared to be measured here: skipped and no pass, as a guard; published as neutral."""
        more = "scope: [{branches: [main], suites: [one, two]}]\n" + f"""reporters:
  - plugin: github
    options: {{token: "${{secret:GITHUB_TOKEN}}", repository: acme/kernels, commit: {COMMIT}, pull_request: 7}}
  - {{plugin: junit, options: {{path: junit.xml}}}}
  - {{plugin: json, options: {{path: receipt.json}}}}
"""
        (self.directory / "gate.yaml").write_text(PIPELINE.format(more=more, features="[cpu]"))
        done = self.bitgate("run", "gate.yaml", "--context", "branch=other")
        self.assertEqual(done.returncode, 0, done.stderr)
        verdict = json.loads((self.directory / "receipt.json").read_text())["verdict"]
        self.assertEqual((verdict["status"], verdict["exit_code"]), ("skipped", 0))
        self.assertTrue(verdict["reason"].startswith("out-of-scope: suite 'one': no branch matches main"))
        self.verified()
        run, = self.github.check_runs
        self.assertEqual(run["conclusion"], "neutral")
        self.assertTrue(run["output"]["title"].startswith("skipped (out-of-scope): "))
        self.assertIn("branch other (command line)", run["output"]["summary"])
        body, = self.github.own_comments()
        self.assertIn("| benchmarks | skipped (out-of-scope) |", body)
        self.assertRegex((self.directory / "junit.xml").read_text(), '<testsuite name="verdict" tests="1" failures="0" errors="0" skipped="1"')
        # With no feature on at all it is nobody's choice, and exit code 5.
        done, receipt = self.run_here("--context", "branch=other", more="scope: [{branches: [main], suites: [one, two]}]\n",
                                      features="[]")
        self.assertEqual((done.returncode, receipt["verdict"]["reason"].split(": ")[1]), (5, "4 cases were skipped, the first"))
        # Only features that the scope puts on.
        scoped = "scope: [{branches: [main], features: [extra]}]\n"
        for branch, code, status in (("other", 0, "out-of-scope"), ("main", 0, "measured")):
            done, receipt = self.run_here("--context", "branch=" + branch, more=scoped, features="[]")
            self.assertEqual((done.returncode, self.statuses(receipt)["one@extra"]), (code, status), done.stdout)

    def test_changed_paths(self):
        self.git("init", "--quiet", "--initial-branch", "main")
        (self.directory / "readme").write_text("x")
        self.git("add", "readme")
        self.git("commit", "--quiet", "-m", "first")
        first = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "-b", "feat/45-x")
        (self.directory / "src").mkdir()
        (self.directory / "src" / "kernel é.c").write_text("y")
        self.git("add", "src")
        self.git("commit", "--quiet", "-m", "second")
        rule = "scope: [{{changed: [{}], suites: [one, two]}}]\n"
        event = {"pull_request": PULL | {"base": {"sha": first}}}
        done, receipt = self.run_here(more=rule.format('"src/*.c"'), event=event)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_facts(receipt["context"], changed=(["src/kernel é.c"], "git, since " + first))
        self.assertEqual(self.statuses(receipt)["one@scalar"], "measured")
        done, receipt = self.run_here(more=rule.format("docs/*"), event=event)
        self.assertEqual((done.returncode, receipt["verdict"]["reason"]), (
            0, "out-of-scope: suite 'one': no changed path matches docs/*: it is 'src/kernel é.c'"))
        # Whoever edits what is known doesn't get through.
        path = self.directory / "receipt.json"
        path.write_text(path.read_text().replace('"src/kernel', '"docs/kernel'))
        self.assertIn("its features and context that it is on", self.verified(1))
        # A base that is not there, or none.
        done, receipt = self.run_here(more=rule.format("docs/*"), event={"pull_request": PULL})
        self.assertEqual(done.returncode, 5)
        self.assertIn("fetch-depth: 0", receipt["context"]["changed"]["reason"])
        self.assertTrue(receipt["cases"][0]["reason"].startswith(
            "missing-context: suite 'one': whether a changed path matches docs/* is not known: "))
        done, receipt = self.run_here(more=rule.format("docs/*"))
        self.assertEqual(done.returncode, 5)
        self.assertIn("say it with --context base=REF", receipt["context"]["changed"]["reason"])

    def test_merge(self):
        """Parts of different changes are not merged."""
        for name, commit, part in (("a", COMMIT, "one/*"), ("b", COMMIT, "two/*"), ("c", HEAD, "two/*")):
            self.run_here("-f", part, "--context", "commit=" + commit)
            (self.directory / "receipt.json").rename(self.directory / f"{name}.json")
        done = self.bitgate("merge", "a.json", "b.json", "--json", "merged.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads((self.directory / "merged.json").read_text())["context"]["commit"]["value"], COMMIT)
        done = self.bitgate("merge", "a.json", "c.json")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"the context's commit is {COMMIT} in one and {HEAD} in the other", done.stderr)


main()
