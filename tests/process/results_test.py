#!/usr/bin/env python3
"""Results of each tool as they were recorded, and commands that did not measure: those never pass."""

import hashlib
import json
import shutil
import statistics
import unittest

from support import RECORDED, ProcessTest


def shell(script, **results):
    return {"command": ["sh", "-c", script], "results": results}


class Results(ProcessTest):
    def assert_measured(self, receipt, done, wanted):
        """`wanted`: benchmark -> times in ns, and the metric of its amount with that amount."""
        cases = self.cases(receipt)
        for name, (times, rate, amount) in wanted.items():
            case = cases[name]
            self.assertEqual(case["status"], "measured", (case["reason"], done.stdout))
            median = statistics.median(times)
            self.assertEqual(len(case["stages"]["compute"]["samples_ns"]), len(times))
            self.assertAlmostEqual(case["metrics"]["compute.time"]["value"] / median, 1, places=5)
            for metric in ("compute.tokens", "compute.items", "compute.bandwidth"):
                value = case["metrics"][metric].get("value")
                if metric != rate:
                    self.assertIsNone(value, metric)
                    continue
                scale = 1 if rate == "compute.bandwidth" else 1e9
                self.assertAlmostEqual(value / (amount * scale / median), 1, places=5)
        verified = self.bitgate("verify", "receipt.json")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_google_benchmark(self):
        file = RECORDED / "google-benchmark.json"
        rows = json.loads(file.read_text())["benchmarks"]
        times = {name: [row["real_time"] for row in rows
                        if row["run_name"] == name and row["run_type"] == "iteration"]
                 for name in ("gemv/4096", "decode/512")}
        done, receipt = self.run_options(
            {"command": ["cat", str(file)], "results": {"format": "google-benchmark"}},
            ["gemv/4096", "decode/512", "broken"])
        self.assert_measured(receipt, done, {
            "gemv/4096": (times["gemv/4096"], "compute.bandwidth", 16384),
            "decode/512": (times["decode/512"], "compute.items", 1)})
        info = self.cases(receipt)["gemv/4096"]["benchmark"]
        self.assertEqual(info["sha256"], hashlib.sha256(file.read_bytes()).hexdigest())
        self.assertEqual((info["tool"], info["source"], info["runs"], info["directory"]),
                         ("google-benchmark", "stdout", 1, str(self.directory.resolve()) + "/"))
        # What the tool itself calls an error is one.
        self.assertRegex(self.cases(receipt)["broken"]["reason"], "^error: .*no model")
        self.assertEqual(done.returncode, 4, done.stdout)

    def test_criterion(self):
        (self.directory / "target").mkdir()
        times = {}
        for name in ("dequantize", "gemv"):
            sample = json.loads((RECORDED / f"criterion/i2s/{name}/new/sample.json").read_text())
            times[name] = [t / n for t, n in zip(sample["times"], sample["iters"])]
        done, receipt = self.run_options(
            shell(f"cp -r '{RECORDED}/criterion' target/", format="criterion"),
            ["i2s/dequantize", "i2s/gemv"])
        self.assert_measured(receipt, done, {
            "i2s/dequantize": (times["dequantize"], "compute.items", 65536),
            "i2s/gemv": (times["gemv"], "compute.bandwidth", 1024)})
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_llama_bench(self):
        file = RECORDED / "llama-bench.json"
        rows = json.loads(file.read_text())
        done, receipt = self.run_options(
            {"command": ["cp", str(file), "out.json"], "results": {"format": "llama-bench", "path": "out.json"}},
            ["pp512", "tg128 d1024"])
        self.assert_measured(receipt, done, {
            "pp512": (rows[0]["samples_ns"], "compute.tokens", 512),
            "tg128 d1024": (rows[1]["samples_ns"], "compute.tokens", 128)})

    def test_hyperfine(self):
        file = RECORDED / "hyperfine.json"
        times = [s * 1e9 for s in json.loads(file.read_text())["results"][0]["times"]]
        done, receipt = self.run_options(
            {"command": ["cp", str(file), "out.json"], "results": {"format": "hyperfine", "path": "out.json"}},
            "sleep 0.02")
        self.assert_measured(receipt, done, {"sleep 0.02": (times, None, 0)})

    def test_documented(self):
        """Files with every field that the tools document, under their format and recognized."""
        llama = json.loads((RECORDED / "llama-bench.json").read_text())
        gemv = ([21604.25], None, 0)
        for file, format, wanted in (
                ("llama-bench.jsonl", "llama-bench", {
                    "pp512": (llama[0]["samples_ns"], "compute.tokens", 512),
                    "tg128 d1024": (llama[1]["samples_ns"], "compute.tokens", 128)}),
                ("hyperfine-2.json", "hyperfine", {
                    "decode 16": ([412307000, 409118000, 415002000], None, 0)}),
                ("bencher.json", "bencher", {
                    "i2s/gemv": gemv, "tokenizer": ([8e5], "compute.items", 1)}),
                ("github-action-benchmark.json", "github-action-benchmark", {
                    "i2s/gemv": gemv, "load": ([1.5e9], None, 0),
                    "decode": ([1e9 / 41.25], "compute.tokens", 1)})):
            for given in (format, "any"):
                with self.subTest(file=file, format=given):
                    done, receipt = self.run_options(
                        {"command": ["cat", str(RECORDED / file)], "results": {"format": given}}, list(wanted))
                    self.assert_measured(receipt, done, wanted)
                    self.assertEqual(receipt["cases"][0]["benchmark"]["tool"], format)
        # One line is one object, and other lines may come before.
        line = (RECORDED / "llama-bench.jsonl").read_text().splitlines()[0]
        _, receipt = self.run_options(shell(f"echo loading; echo '{line}'", format="llama-bench"), "pp512")
        self.assertEqual(receipt["cases"][0]["status"], "measured", receipt["cases"][0]["reason"])
        # What has no unit, or one that is neither a time nor a rate, is no time.
        for file, why in (("bencher.json", "neither the measure latency nor throughput"),
                          ("github-action-benchmark.json", "its unit 'MB' is neither")):
            _, receipt = self.run_options(
                {"command": ["cat", str(RECORDED / file)], "results": {"format": "any"}}, "package")
            self.assertRegex(receipt["cases"][0]["reason"], "^error: .*" + why)
        _, receipt = self.run_options(shell("echo '{\"v\": 1.5}'", format="any"), "v")
        self.assertRegex(receipt["cases"][0]["reason"], "^error: .*none of google-benchmark, llama-bench, hyperfine")

    def test_imported(self):
        """What was there before is shown and judges nothing, unless the suite says that it counts."""
        file = RECORDED / "hyperfine.json"
        options = {"imported": True, "results": {"format": "any", "path": str(file)}}
        done, receipt = self.run_options(options, "sleep 0.02")
        case, = receipt["cases"]
        self.assertEqual(case["status"], "skipped")
        self.assertRegex(case["reason"], "^imported: numbers of .*hyperfine.json")
        self.assertEqual((case["benchmark"]["runs"], case["benchmark"]["command"]), (0, []))
        self.assertAlmostEqual(case["metrics"]["compute.time"]["value"], 32571665, delta=1)
        self.assertEqual(receipt["gates"][0]["status"], "skipped")
        self.assertEqual(done.returncode, 5, done.stdout)
        self.assertEqual(self.bitgate("verify", "receipt.json").returncode, 0)
        # Who writes that it was measured all the same is found out.
        case["status"], case["reason"] = "measured", None
        (self.directory / "forged.json").write_text(json.dumps(receipt))
        self.assertRegex(self.bitgate("verify", "forged.json").stdout, r"cases\[0\].status: the receipt says")

        suites = {"suite": {"backends": ["command"],
                            "compute": {"op": "benchmark", "benchmark": "sleep 0.02", "imported": True}}}
        done, receipt = self.run_options(options, "", suites=suites)
        self.assertEqual(receipt["cases"][0]["status"], "measured")
        self.assertEqual(done.returncode, 0, done.stdout)
        for wrong, why in (({"command": ["true"]}, "exclude each other"),
                           ({"results": {"format": "any"}}, "name it in results.path")):
            _, receipt = self.run_options(options | wrong, "v")
            self.assertIn(why, receipt["cases"][0]["reason"])

    def merged(self, *files, imported=True):
        """`bitgate merge` of a receipt that has one of two benchmarks with these files."""
        compute = {"op": "benchmark", "benchmark": ["gemv/4096", "decode/512"], "imported": imported}
        self.run_options({"command": ["cat", str(RECORDED / "google-benchmark.json")],
                          "results": {"format": "google-benchmark"}}, "",
                         more=["--filter", "gemv"], suites={"suite": {"backends": ["command"], "compute": compute}})
        (self.directory / "receipt.json").rename(self.directory / "part.json")
        done = self.bitgate("merge", "part.json", *files, "--json", "all.json")
        path = self.directory / "all.json"
        return done, json.loads(path.read_text()) if path.exists() else None

    def test_merged(self):
        """A file of another tool fills the benchmarks that no receipt has."""
        done, receipt = self.merged(RECORDED / "google-benchmark.json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([case["status"] for case in receipt["cases"]], ["measured", "measured"])
        self.assertEqual([case["benchmark"]["runs"] for case in receipt["cases"]], [1, 0])
        self.assertEqual(self.bitgate("verify", "all.json").returncode, 0)
        # Unless the pipeline says so, it is no measurement.
        done, receipt = self.merged(RECORDED / "google-benchmark.json", imported=False)
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertRegex(receipt["cases"][1]["reason"], "^imported: ")
        self.assertEqual(self.bitgate("verify", "all.json").returncode, 0)
        # Nothing to take, twice the same, no pipeline: said, and nothing is judged.
        for files, why in (
                ([RECORDED / "hyperfine.json"], "has nothing for this pipeline: .*measured no 'decode/512'"),
                ([RECORDED / "google-benchmark.json"] * 2, "both hold suite/benchmark=decode/512@command")):
            done, _ = self.merged(*files)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertRegex(done.stderr, why)
        done = self.bitgate("merge", RECORDED / "hyperfine.json")
        self.assertEqual(done.returncode, 2)
        self.assertIn("is no receipt; name one of the pipeline too", done.stderr)

    def test_round_trip(self):
        """What `report` writes for another tool is the same when it comes back."""
        for format in ("google-benchmark", "hyperfine", "bencher", "github-action-benchmark"):
            with self.subTest(format=format):
                self.run_options({"command": ["cat", str(RECORDED / "google-benchmark.json")],
                                  "results": {"format": "google-benchmark"}}, ["gemv/4096", "decode/512"])
                done = self.bitgate("report", "receipt.json", "--reporter", f"export:format={format},path=out.json")
                self.assertEqual(done.returncode, 0, done.stderr)
                whole = json.loads((self.directory / "receipt.json").read_text())["cases"][1]
                done, receipt = self.merged("out.json")
                # One number says nothing of its spread.
                samples = format in ("google-benchmark", "hyperfine")
                self.assertEqual(done.returncode, 0 if samples else 3, done.stdout + done.stderr)
                back = receipt["cases"][1]
                self.assertEqual(back["benchmark"]["tool"], format)
                self.assertAlmostEqual(back["metrics"]["compute.time"]["value"]
                                       / whole["metrics"]["compute.time"]["value"], 1, places=6)

    def test_own_document(self):
        """Numbers from where the pipeline says, of a command that runs several times."""
        counting = ("n=$(cat n 2>/dev/null || echo 10); echo $((n + 1)) > n; echo warming up; "
                    "echo \"{\\\"decode\\\": {\\\"rate\\\": $n}, \\\"steps_ms\\\": [1.5, 2.$n]}\"")
        done, receipt = self.run_options(
            shell(counting, format="json",
                  values={"decode": {"path": "/decode/rate", "unit": "tokens/s"},
                          "step": {"path": "/steps_ms", "unit": "ms"}}) | {"runs": 3},
            ["decode", "step"])
        self.assert_measured(receipt, done, {
            "decode": ([1e9 / 10, 1e9 / 11, 1e9 / 12], "compute.tokens", 1),
            "step": ([1.5e6, 2.10e6, 1.5e6, 2.11e6, 1.5e6, 2.12e6], None, 0)})
        self.assertEqual(self.cases(receipt)["decode"]["benchmark"]["runs"], 3)

    def test_one_command_for_all(self):
        """All benchmarks of a backend are of one run of its command."""
        file = RECORDED / "llama-bench.json"
        self.run_options(shell(f"echo run >> runs; cat '{file}'", format="llama-bench"), ["pp512", "tg128 d1024"])
        self.assertEqual((self.directory / "runs").read_text(), "run\n")

    def test_against(self):
        """Two commands against each other, sample by sample."""
        times = [0.010, 0.011, 0.0105, 0.0102, 0.0107, 0.0108, 0.0101, 0.0103, 0.0109, 0.0104, 0.0106, 0.01005]
        def result(factor):
            return {"results": [{"command": "decode", "times": [t * factor for t in times],
                                 "exit_codes": [0] * len(times)}]}
        options = {}
        for name, factor in (("gpu", 1), ("cpu", 3)):
            (self.directory / f"{name}.json").write_text(json.dumps(result(factor)))
            options[name] = {"command": ["cat", f"{name}.json"], "results": {"format": "hyperfine"}}
        done, receipt = self.run_backends(options, "decode", gates=[
            {"id": "gain", "metric": "compute.time", "where": {"backend": "gpu"}, "against": {"backend": "cpu"},
             "require": "<= 0.5x"}])
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertAlmostEqual(receipt["gates"][0]["value"], 1 / 3)
        self.assertEqual(self.bitgate("verify", "receipt.json").returncode, 0)

    def test_environment_and_directory(self):
        (self.directory / "below").mkdir()
        done, receipt = self.run_options(
            shell("echo \"{\\\"v\\\": $NUMBER, \\\"where\\\": \\\"$PWD\\\"}\" > out.json", format="json", path="out.json",
                  values={"v": {"path": "/v", "unit": "s"}})
            | {"environment": {"NUMBER": "0.25"}, "directory": "below"}, "v")
        self.assertEqual(self.cases(receipt)["v"]["metrics"]["compute.time"]["value"], 0.25e9)
        self.assertTrue((self.directory / "below/out.json").exists())

    def test_never_a_pass(self):
        """Commands that measured nothing, each with what the case says and the exit code of the run."""
        good = '{"v": [1.5, 1.25, 1.75]}'
        value = {"format": "json", "values": {"v": {"path": "/v", "unit": "ms"}}}
        (self.directory / "old.json").write_text(good)
        (self.directory / "target/criterion").mkdir(parents=True)
        shutil.copytree(RECORDED / "criterion/i2s", self.directory / "target/criterion/i2s")
        libtest = "echo 'test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out'"
        for script, results, benchmark, why, code in (
                ("true", value, "v", "nothing-measured: .*exited with 0 and left no new results in stdout", 5),
                (libtest, value, "v", "nothing-measured: .*does its benchmark have harness = false", 5),
                (libtest, {"format": "criterion"}, "i2s/gemv", "nothing-measured: .*'0 measured'", 5),
                ("true", value | {"path": "old.json"}, "v", "nothing-measured: .*no new results in .*old.json", 5),
                ("true", value | {"path": "none.json"}, "v", "nothing-measured: .*none.json", 5),
                (f"echo '{good}'", value, "w", "error: .*results.values|nothing-measured: .*of: v", 5),
                (f"echo '{good}'; exit 3", value, "v", "error: .*exited with 3", 4),
                (f"echo '{good}'; kill -SEGV $$", value, "v", "error: .*signal 11", 4),
                ("echo '{\"v\": 1.5, \"compute_path\": \"mock\"}'", value, "v", "error: .*a mock: .*compute_path", 4),
                ("echo '{\"v\": 1.5, \"kernels\": [\"mock_inference\"]}'", value, "v", "error: .*a mock: .*mock_inference", 4),
                ("echo '{\"v\": 1.5, \"simulated\": true}'", value, "v", "error: .*a mock: .*simulated", 4),
                (f"echo 'Using MOCK model' >&2; echo '{good}'", value, "v", "error: .*it printed: Using MOCK", 4),
                ("echo '{\"v\": [200.0, 200.0, 200.0]}'", value, "v", "error: .*exactly alike", 4),
                ("echo '{\"v\": [1.5, 0]}'", value, "v", "error: .*a time that is none", 4),
                ("echo '{\"v\": \"fast\"}'", value, "v", "error: .*holds no number at /v", 4),
                ("echo '{\"w\": 1.5}'", value, "v", "error: .*holds nothing at /v", 4),
                ("echo '[]'", {"format": "hyperfine"}, "v", "error: .*not the results of hyperfine", 4),
                ("echo '{' > new.json", value | {"path": "new.json"}, "v", "error: .*holds no JSON", 4),
                ("echo '{\"results\": [{\"command\": \"v\", \"times\": [1.5], \"exit_codes\": [1]}]}'",
                 {"format": "hyperfine"}, "v", "error: .*ended with 1", 4)):
            with self.subTest(script=script, results=results):
                done, receipt = self.run_options(shell(script, **results), benchmark)
                case, = receipt["cases"]
                self.assertRegex(case["reason"] or "", why)
                self.assertNotEqual(receipt["gates"][0]["status"], "pass")
                self.assertEqual(done.returncode, code, done.stdout)

    def test_no_mock(self):
        """A word that is part of another is none, nor is a key that says no; other words can be named."""
        value = {"format": "json", "values": {"v": {"path": "/v", "unit": "ms"}}}
        printed = "echo Compiling mockall; echo '{\"v\": [1.5, 1.25, 1.75], \"mock\": false, \"mock_calls\": 0}'"
        _, receipt = self.run_options(shell(printed, **value), "v")
        self.assertEqual(self.cases(receipt)["v"]["status"], "measured")
        allowed = shell("echo a fake file; echo '{\"v\": [1.5, 1.25, 1.75]}'", **value)
        _, receipt = self.run_options(allowed, "v")
        self.assertEqual(self.cases(receipt)["v"]["status"], "error")
        _, receipt = self.run_options(allowed | {"mocks": ["mock"]}, "v")
        self.assertEqual(self.cases(receipt)["v"]["status"], "measured")

    def test_one_number_is_inconclusive(self):
        done, receipt = self.run_options(
            shell("echo '{\"v\": 1.5}'", format="json", values={"v": {"path": "/v", "unit": "ms"}}), "v",
            gates=[{"id": "time", "metric": "compute.time", "require": "<= 2ms"}])
        self.assertEqual(receipt["gates"][0]["status"], "skipped")
        self.assertRegex(receipt["gates"][0]["reason"], "^inconclusive: ")
        self.assertEqual(done.returncode, 3, done.stdout)

    def test_missing_tool(self):
        done, receipt = self.run_options(
            {"command": ["no-such-benchmark"], "results": {"format": "hyperfine"}}, "v")
        self.assertRegex(receipt["cases"][0]["reason"], "^missing-tool: no-such-benchmark can't be started")
        self.assertEqual(done.returncode, 5, done.stdout)

    def test_deadline(self):
        """A command that hangs is ended with what it started."""
        done, receipt = self.run_options(
            shell("echo started >&2; sleep 60 & echo $! > pid; wait", format="hyperfine"), "v", limits={"step": "1s"})
        self.assertRegex(receipt["cases"][0]["reason"], "^error: no end of step run within 1 s")
        self.assertIn("started", receipt["cases"][0]["stderr_tail"])
        self.assertEqual(done.returncode, 4, done.stdout)
        pid = (self.directory / "pid").read_text().strip()
        try:  # gone, or a zombie that nobody has reaped yet
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                self.assertEqual(stat.read().rsplit(")", 1)[1].split()[0], "Z")
        except FileNotFoundError:
            pass

    def test_refused_options(self):
        """What the schema can't say is said when the plugin is opened."""
        for options, why in (
                (shell("true", format="json"), "results.values belongs to format json"),
                (shell("true", format="hyperfine", values={"v": {"path": "/v", "unit": "ms"}}), "belongs to format json"),
                (shell("true", format="json", values={"v": {"path": "/v", "unit": "furlong"}}), "units are ns, us"),
                (shell("true", format="json", values={"v": {"path": "v", "unit": "ms"}}), "units are ns, us"),
                ({"command": [], "results": {"format": "hyperfine"}}, "option command is empty")):
            with self.subTest(why=why, options=options):
                done, receipt = self.run_options(options, "v")
                self.assertIn(why, receipt["cases"][0]["reason"])
                self.assertEqual(done.returncode, 4)
        done, _ = self.run_options(shell("true", format="hyperfin"), "v")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'hyperfine'?", done.stderr)

    def test_forged(self):
        """A receipt whose numbers were changed by hand is found out."""
        file = RECORDED / "llama-bench.json"
        self.run_options({"command": ["cat", str(file)], "results": {"format": "llama-bench"}}, "pp512")
        path = self.directory / "receipt.json"
        receipt = json.loads(path.read_text())
        receipt["cases"][0]["benchmark"]["amount"] = 1024.0
        path.write_text(json.dumps(receipt))
        verified = self.bitgate("verify", "receipt.json")
        self.assertNotEqual(verified.returncode, 0)
        self.assertIn("compute.tokens", verified.stdout + verified.stderr)


if __name__ == "__main__":
    unittest.main(argv=["results_test"])
