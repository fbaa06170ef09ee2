"""What the tests of the reporter github share: `bitgate report` against the server, with the token
looked for wherever it must not be."""
import glob
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

from server import HERE, Github

TOKEN = "ghs_9rQ2mTheTokenThatNobodyMayKnow7"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
RUN = "https://github.example/acme/kernels/actions/runs/99"
BITGATE, WRITER = sys.argv[1], sys.argv[2]
RECEIPTS = tempfile.TemporaryDirectory()
subprocess.run([WRITER, RECEIPTS.name], check=True)


def receipt_path(name):
    return f"{RECEIPTS.name}/{name}.json"


def digest(name):
    return hashlib.sha256(pathlib.Path(receipt_path(name)).read_bytes()).hexdigest()


class ArgvWatch:
    """Collects processes that have the token among their arguments while it is entered."""

    def __init__(self):
        self.found, self.ended = set(), threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ended.is_set():
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    if TOKEN.encode() in pathlib.Path(path).read_bytes():
                        self.found.add(path)
                except OSError:
                    pass
            self.ended.wait(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class GithubTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.github = Github(TOKEN)
        self.addCleanup(self.github.close)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = pathlib.Path(holder.name)

    def tearDown(self):
        self.assertEqual(self.github.violations, [])
        for path in self.directory.rglob("*"):
            if path.is_file():
                self.assertNotIn(TOKEN.encode(), path.read_bytes(), path)

    def environment(self, **more):
        known = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
        known |= {"GITHUB_API_URL": self.github.url, "GITHUB_TOKEN": TOKEN,
                  "GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "99"} | more
        return {k: v for k, v in known.items() if v is not None}

    def report(self, name, options="", pull_request=7, environment=None, token="${secret:GITHUB_TOKEN}", more=()):
        """Reports one of the receipts; the finished process, its output as text."""
        parts = [f"repository=acme/kernels,commit={COMMIT}"]
        if token:
            parts.append("token=" + token)
        if pull_request:
            parts.append(f"pull_request={pull_request}")
        if options:
            parts.append(options)
        path = name if "/" in name else receipt_path(name)
        with ArgvWatch() as watch:
            done = subprocess.run(
                [BITGATE, "report", path, "--reporter", "github:" + ",".join(parts), *more],
                cwd=self.directory, env=environment or self.environment(), capture_output=True,
                text=True, check=False, timeout=120)
        self.assertEqual(watch.found, set())
        self.assertNotIn(TOKEN, done.stdout + done.stderr)
        return done

    def published(self, name, **how):
        done = self.report(name, **how)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def golden(self, name, text, receipt):
        """Compares with the file in golden/, in which the receipt's digest is a word."""
        text = text.replace(digest(receipt), "<sha256>").replace(digest(receipt)[:12], "<receipt>")
        path = HERE / "golden" / name
        if os.environ.get("BITGATE_UPDATE_GOLDEN"):
            path.write_bytes(text.encode())
        self.assertEqual(text, path.read_bytes().decode(), name)


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
