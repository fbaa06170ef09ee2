#!/usr/bin/env python3
"""GitHub as it really behaves: whatever it does, the publishing ends soon, with one check run and one
comment or with the requests in the outbox, and changes no verdict."""
import json
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile

from server import Fault, Github
from support import BITGATE, COMMIT, TOKEN, GithubTest, digest, main, receipt_path

CHECKS, COMMENTS, STATUSES = "/check-runs", "/comments", "/statuses/"


class Faults(GithubTest):
    def outbox(self, name="pass"):
        path = self.directory / "bitgate-outbox" / f"{digest(name)[:12]}.requests.json"
        return json.loads(path.read_text()) if path.exists() else None

    def assert_published_once(self):
        self.assertEqual(len(self.github.check_runs), 1)
        self.assertEqual(len(self.github.own_comments()), 1)
        self.assertIsNone(self.outbox())

    def assert_in_outbox(self, done, *methods, reason):
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("CHECK-SKIPPED: reason=", done.stderr)
        self.assertIn(reason, done.stderr)
        box = self.outbox()
        self.assertEqual(box["schema"], "bitgate.outbox/1")
        self.assertIn(reason, box["reason"])
        self.assertEqual([r["path"].rsplit("/", 1)[1] for r in box["requests"]], list(methods))

    def test_passing_faults(self):
        """Tried again, and published once; what was done before the answer was lost is not done twice."""
        everywhere = (("GET", CHECKS), ("POST", CHECKS), ("GET", COMMENTS), ("POST", COMMENTS))
        for what, places in (("drop-after", everywhere), ("drop", everywhere[::3]), (502, everywhere[::3]),
                             (503, everywhere[1:3]), ("html", everywhere[1:3])):
            with self.subTest(what=what):
                self.github.check_runs.clear()
                self.github.comments.clear()
                self.github.faults = [Fault(what, method, path) for method, path in places]
                self.published("pass")
                self.assert_published_once()
                self.assertEqual([fault.times for fault in self.github.faults], [0] * len(places))

    def test_faults_that_stay(self):
        for what, reason in (("drop", "/check-runs"), (500, "500, the server is in trouble"),
                             ("html", "the answer is no JSON but text/html")):
            with self.subTest(what=what):
                self.github.log.clear()
                self.github.faults = [Fault(what, times=99)]
                done = self.report("pass")
                self.assert_in_outbox(done, "check-runs", "comments", reason=reason)
                self.assertEqual(len(self.github.log), 3, "one try and two retries, then no more")

    def test_refused_connection(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        done = self.report("pass", environment=self.environment(GITHUB_API_URL=f"http://127.0.0.1:{port}"))
        self.assert_in_outbox(done, "check-runs", "comments", reason="Failed to connect")

    def test_slow_server(self):
        self.github.faults = [Fault("slow", times=99)]
        done = self.report("pass", options="timeout_s=1")
        self.assert_in_outbox(done, "check-runs", "comments", reason="timed out")

    def test_rate_limits(self):
        """Waits as long as the server says, if that is soon."""
        for fault in (Fault(429, headers={"Retry-After": "1"}),
                      Fault(403, headers={"Retry-After": "1"},
                            message="You have exceeded a secondary rate limit"),
                      Fault(403, message="You have exceeded a secondary rate limit"),
                      Fault(429)):
            with self.subTest(status=fault.what, headers=fault.headers):
                self.github.check_runs.clear()
                self.github.comments.clear()
                self.github.faults = [fault]
                self.published("pass")
                self.assert_published_once()
        for headers in ({"Retry-After": "3600"},
                        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"}):
            with self.subTest(headers=headers):
                self.github.faults = [Fault(429, times=99, headers=headers)]
                self.github.log.clear()
                done = self.report("fail")
                self.assertEqual(done.returncode, 4)
                self.assertIn("the rate limit is reached", done.stderr)
                self.assertIn("s until it is worth asking again", done.stderr)
                self.assertEqual(len(self.github.log), 1)

    def test_denied_check_run(self):
        """A status stands in, and the ledger is written as ever."""
        for status in (403, 404):
            with self.subTest(status=status):
                self.github.statuses.clear()
                self.github.comments.clear()
                self.github.faults = [Fault(status, path=CHECKS, times=99,
                                            message="Resource not accessible by integration")]
                done = self.published("pass")
                self.assertIn("commit status set instead; ledger created", done.stderr)
                self.assertEqual(self.github.statuses, [
                    {"state": "success", "context": "generative:gate:benchmarks", "description": "pass",
                     "target_url": "https://github.example/acme/kernels/actions/runs/99"}])
        self.github.statuses.clear()
        self.published("inconclusive")
        self.published("fail")
        self.assertEqual([s["state"] for s in self.github.statuses], ["pending", "failure"])
        self.assertTrue(all(len(s["description"]) <= 140 for s in self.github.statuses))

    def test_fork(self):
        """A token that can only read: all goes to the outbox, and is published later."""
        self.github.faults = [Fault(403, method="POST", times=99,
                                    message="Resource not accessible by integration")]
        done = self.report("pass")
        self.assert_in_outbox(done, "check-runs", "comments", reason="permissions checks: write")
        self.assertEqual(self.outbox()["requests"][0]["body"]["head_sha"], COMMIT)
        self.github.faults = []
        stored = self.directory / "bitgate-outbox" / f"{digest('pass')[:12]}.receipt.json"
        self.assertIn(f"bitgate report bitgate-outbox/{stored.name} --reporter", done.stderr)
        self.published(str(stored))
        self.assert_published_once()
        self.assertFalse(stored.exists())

    def test_hard_refusals(self):
        for status, message, reason in (
                (401, "Bad credentials", "401, the token is refused: it is wrong or has expired"),
                (422, "Validation Failed", "422, the request is refused (the server says: Validation Failed")):
            with self.subTest(status=status):
                self.github.log.clear()
                self.github.faults = [Fault(status, times=99, message=message)]
                self.assert_in_outbox(self.report("pass"), "check-runs", "comments", reason=reason)
                self.assertEqual(len([l for l in self.github.log if CHECKS in l]), 1, "no retry")

    def test_no_token(self):
        done = self.report("pass", token=None)
        self.assert_in_outbox(done, "check-runs", "comments", reason="no token")
        done = self.report("pass", environment=self.environment(GITHUB_TOKEN=None))
        self.assert_in_outbox(done, "check-runs", "comments", reason="the secret GITHUB_TOKEN is not there")
        self.assertEqual(self.github.log, [])

    def test_gh(self):
        """Without a token of its own it signs in as gh does, and says so."""
        with tempfile.TemporaryDirectory() as tools:
            gh = pathlib.Path(tools, "gh")
            pathlib.Path(tools, "token").write_text(TOKEN + "\n")
            gh.write_text(f"#!/bin/sh\necho \"$@\" >> {tools}/asked\n"
                          f"[ -f {tools}/out ] && {{ echo 'no account' >&2; exit 1; }}\ncat {tools}/token\n")
            gh.chmod(0o755)
            around = self.environment(GITHUB_TOKEN=None, PATH=f"{tools}:{os.environ['PATH']}")
            for token in (None, "${secret:GITHUB_TOKEN}"):
                self.github.check_runs.clear()
                self.github.comments.clear()
                done = self.published("pass", token=token, environment=around)
                self.assert_published_once()
                self.assertIn(": signed in as gh is\n", done.stderr)
            self.assertEqual(pathlib.Path(tools, "asked").read_text(), "auth token --hostname 127.0.0.1\n" * 2)
            pathlib.Path(tools, "out").touch()
            done = self.report("pass", token=None, environment=around)
            self.assert_in_outbox(done, "check-runs", "comments", reason="sign in with gh auth login")

    def test_git_notes(self):
        """With neither, the commit keeps the result: one note for each gate, the last one."""
        def git(*arguments):
            return subprocess.run(["git", *arguments], cwd=self.directory, check=True, capture_output=True,
                                  text=True).stdout.strip()
        git("init", "--quiet")
        git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "--quiet", "--allow-empty", "-m", "change")
        commit = git("rev-parse", "HEAD")
        bare = self.environment(GITHUB_TOKEN=None)
        for name in ("error", "pass"):
            done = self.run_options(f"repository=acme/kernels,commit={commit}", bare, name)
            self.assertIn(f"kept as a git note: git notes --ref bitgate/generative/gate/benchmarks show {commit}\n",
                          done.stderr)
        note = git("notes", "--ref", "bitgate/generative/gate/benchmarks", "show", commit)
        self.assertRegex(note, f"^benchmarks: .*result: pass; receipt: {digest('pass')[:12]}\n.* FINALIZE → ")
        done = self.run_options("repository=acme/kernels,commit=" + "e" * 40, bare)
        self.assertIn("not kept as a git note either: ", done.stderr)

    def test_redirects(self):
        """On the host they are followed; another host never gets the token."""
        other = Github(TOKEN)
        self.addCleanup(other.close)
        path = f"/repos/acme/kernels/commits/{COMMIT}/check-runs?check_name=generative%3Agate%3Abenchmarks&per_page=100&page=1&filter=latest"
        self.github.faults = [Fault("redirect", "GET", CHECKS, to=path)]
        self.published("pass")
        self.assert_published_once()
        for to in (other.url + path, "file:///etc/passwd", "http://localhost:1" + path):
            with self.subTest(to=to):
                self.github.faults = [Fault("redirect", times=99, to=to)]
                done = self.report("fail")
                self.assertEqual(done.returncode, 4)
                self.assertRegex(done.stderr, "redirects to (another host|what is no address)")
                self.assertEqual(other.log, [])
        self.github.faults = [Fault("redirect", "GET", times=99, to=path)]
        self.assertIn("redirects without end", self.report("fail").stderr)

    def test_tls(self):
        """Without TLS only this machine is talked to, and a certificate must hold."""
        for address in ("http://api.github.example", "ftp://127.0.0.1", "api.github.com",
                        "https://user:word@api.github.com"):
            with self.subTest(address=address):
                done = self.report("pass", environment=self.environment(GITHUB_API_URL=address))
                self.assertEqual(done.returncode, 4)
                self.assertIn("GITHUB_API_URL must", done.stderr)
        with tempfile.TemporaryDirectory() as keys:
            made = subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{keys}/key", "-out", f"{keys}/cert"],
                capture_output=True, check=False)
            self.assertEqual(made.returncode, 0, made.stderr)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{keys}/cert", f"{keys}/key")
            impostor = Github(TOKEN, tls=context)
            self.addCleanup(impostor.close)
            done = self.report("pass", environment=self.environment(GITHUB_API_URL=impostor.url))
            self.assert_in_outbox(done, "check-runs", "comments", reason="certificate")
            self.assertEqual(impostor.log, [])

    def test_unknown_subject(self):
        bare = self.environment()
        for options, words in (("repository=acme", "option repository must be owner/name"),
                               ("repository=../..", "option repository must be owner/name"),
                               ("repository=acme/x/../../y", "option repository must be owner/name"),
                               ("repository=acme/kernels", "the commit is not known"),
                               (f"repository=acme/kernels,commit={COMMIT[:39]}G", "a whole sha"),
                               (f"repository=acme/kernels,commit={COMMIT},pull_request=7/../8",
                                "option pull_request has no value that fits"),
                               ("author=x", "the repository is not known")):
            with self.subTest(options=options):
                done = self.run_options(options, bare)
                self.assertEqual(done.returncode, 4)
                self.assertIn(words, done.stderr)
        self.assertEqual(self.github.log, [])

    def run_options(self, options, environment, name="pass"):
        return subprocess.run(
            [BITGATE, "report", receipt_path(name), "--reporter",
             "github:token=${secret:GITHUB_TOKEN}," + options],
            cwd=self.directory, env=environment, capture_output=True, text=True, check=False)


main()
