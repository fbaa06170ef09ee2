#!/usr/bin/env python3
"""Ledgers as they are found in the wild: updated without touching a byte outside the own row, the
hops and the decision, or refused with the reason. ledgers/NAME.md is the comment before; golden/ has
it after."""
import re

from server import HERE
from support import GithubTest, main

LEDGERS = HERE / "ledgers"
PADDING = "A line of somebody's text with ünïcode 🚀 in it.\n"


def outside(body):
    """What lies outside the three blocks."""
    return re.sub(r"(<!-- (gates|hoplog|decision):start -->).*?(<!-- \2:end -->)", r"\1\3", body, flags=re.S)


class Ledgers(GithubTest):
    def published_over(self, before, name="fail"):
        self.github.comments.clear()
        comment = self.github.add_comment(before)
        done = self.report(name)
        self.assertEqual(len(self.github.own_comments()), 1)
        return done, comment["body"]

    def test_goldens(self):
        for path in sorted(LEDGERS.glob("*.md")):
            with self.subTest(path.name):
                before = path.read_bytes().decode()
                done, after = self.published_over(before)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(outside(after), outside(before))
                self.golden(f"wild.{path.name}", after, "fail")
                rows = [row for row in re.findall(r"^\|.*$", before, re.M)
                        if not re.match(r"\|[\s*`]*(\w+:gate:)?benchmarks[\s*`]*\|", row)]
                self.assertEqual([row for row in re.findall(r"^\|.*$", after, re.M) if row in rows], rows)
                again, same = self.published_over(after)
                self.assertIn("ledger unchanged", again.stderr)
                self.assertEqual(same, after)

    def test_windows_line_ends(self):
        before = (LEDGERS / "drifted.md").read_bytes().decode().replace("\n", "\r\n")
        done, after = self.published_over(before)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(outside(after), outside(before))
        self.assertEqual(re.findall(r"(?<!\r)\n", after), [])

    def test_long_comments(self):
        """60 KB of text around, up to the last character that GitHub takes."""
        plain = (LEDGERS / "plain.md").read_bytes().decode()
        room = 65536 - len(plain)
        for spare in (5000, 700, 500, 460):
            with self.subTest(spare=spare):
                before = plain + (PADDING * 2000)[:room - spare]
                done, after = self.published_over(before)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertLessEqual(len(after), 65536)
                self.assertEqual(outside(after), outside(before))
                row = re.search(r"^\| benchmarks \| fail \| .*; receipt: [0-9a-f]{12} \|$", after, re.M)
                self.assertTrue(row)
                again, same = self.published_over(after)
                self.assertEqual(same, after)
        for spare in (0, 60):
            before = plain + (PADDING * 2000)[:room - spare]
            self.refused(before, "it is full: ")

    def refused(self, before, words):
        done, after = self.published_over(before)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(after, before)
        self.assertIn(words, done.stderr)
        self.assertIn("check run ", done.stderr)
        self.assertTrue(list(self.directory.glob("bitgate-outbox/*.requests.json")))

    def test_refusals(self):
        plain = (LEDGERS / "plain.md").read_bytes().decode()
        for block in ("gates", "hoplog", "decision"):
            start, end = f"<!-- {block}:start -->", f"<!-- {block}:end -->"
            self.refused(plain.replace(start, ""), "is a ledger that lacks one of its blocks")
            self.refused(plain.replace(end, ""), f"can't be edited: it lacks {end}")
            self.refused(plain + start, f"it has {start} twice")
            self.refused(plain + end, f"it has {end} twice")
            self.refused(plain.replace(start, "@").replace(end, start).replace("@", end),
                         f"it has {end} before {start}")
        self.refused(plain.replace("<!-- gates:end -->", "").replace(
            "<!-- decision:end -->", "<!-- decision:end --><!-- gates:end -->"), "lie in each other")
        self.refused(plain.replace("| Gate | Status | Evidence |", "| Gate | Status |"), "has 2 columns")
        self.refused(plain.replace("| clippy |", "| benchmarks | x | y |\n| `generative:gate:benchmarks` |"),
                     "it has two rows of the gate benchmarks")


main()
