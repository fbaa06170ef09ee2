#!/usr/bin/env python3
"""A small cargo project with a benchmark harness of its own, and one without; and the shipped pipeline of
BitNet-rs in a project that is laid out as that one is. Skipped where there is no cargo."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from support import HERE, RECORDED, ProcessTest

MANIFEST = """[package]
name = "{name}"
version = "0.1.0"
edition = "2021"
[features]
cpu = []
gpu = []
[workspace]
members = [{members}]
"""
HARNESS = """
[[bench]]
name = "{name}"
harness = {harness}
"""
# Measures in a loop and writes what it measured: times of one execution.
OWN = """
use std::time::Instant;
fn main() {
    let codes: Vec<i8> = (0..4096).map(|i| (i % 3) as i8 - 1).collect();
    let mut times = Vec::new();
    for _ in 0..16 {
        let start = Instant::now();
        for _ in 0..50 { std::hint::black_box(codes.iter().map(|&c| c as i32).sum::<i32>()); }
        times.push(format!("{:?}", start.elapsed().as_nanos() as f64 / 50.0));
    }
    assert!(cfg!(feature = "cpu"), "no feature");
    println!("{{\\"gemv_ns\\": [{}]}}", times.join(", "));
}
"""
LIBTEST = "#[test]\nfn adds() { assert_eq!(1 + 1, 2); }\n"
# What criterion leaves behind, without criterion: copied for one benchmark after the other.
CRITERION = """
use std::{{fs, path::Path}};
fn main() {{
    let from = Path::new("{recorded}");
    for size in ["128x128x128", "512x512x512", "1024x1024x1024"] {{
        let to = Path::new("../../target/criterion/cache_performance/cache_test").join(size).join("new");
        fs::create_dir_all(&to).unwrap();
        fs::copy(from.join("sample.json"), to.join("sample.json")).unwrap();
        let about = fs::read_to_string(from.join("benchmark.json")).unwrap();
        let name = format!("cache_performance/cache_test/{{}}", size);
        fs::write(to.join("benchmark.json"), about.replace("\\"full_id\\":\\"i2s/dequantize\\"",
            &format!("\\"full_id\\":\\"{{}}\\"", name))).unwrap();
    }}
}}
"""
XTASK = """
fn main() {{
    let arguments: Vec<String> = std::env::args().collect();
    assert_eq!(arguments[1], "benchmark");
    let start = std::time::Instant::now();
    let mut sum = 0u64;
    for i in 0..100_000u64 {{ sum = std::hint::black_box(sum ^ i); }}
    let rate = 128.0 / (start.elapsed().as_secs_f64() * 1000.0);
    std::fs::create_dir_all("ci").unwrap();
    std::fs::write("ci/inference.json", format!(
        "{{{{\\"compute_path\\": \\"real\\", \\"kernels\\": [\\"{kernel}\\"], \\"tokens_per_second\\": {{:?}}}}}}", rate)).unwrap();
}}
"""


class Cargo(ProcessTest):
    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def project(self, name, folder=".", members="", bench=None, harness="false"):
        manifest = MANIFEST.format(name=name, members=members)
        if folder != ".":
            manifest = manifest.split("[workspace]")[0]
        if bench:
            manifest += HARNESS.format(name="bench" if folder == "." else "kernel_benchmarks", harness=harness)
            self.write(f"{folder}/benches/{'bench' if folder == '.' else 'kernel_benchmarks'}.rs", bench)
        self.write(f"{folder}/Cargo.toml", manifest)
        self.write(f"{folder}/src/lib.rs", "")

    def options(self, features="cpu"):
        return {"command": ["cargo", "bench", "--offline", "--no-default-features", "--features", features,
                            "--bench", "bench"],
                "environment": {"CARGO_TARGET_DIR": "target"},
                "results": {"format": "json", "values": {"gemv": {"path": "/gemv_ns", "unit": "ns"}}}}

    def test_own_harness(self):
        self.project("own", bench=OWN)
        done, receipt = self.run_options(self.options(), "gemv", limits={"step": "4min"})
        case = self.cases(receipt)["gemv"]
        self.assertEqual(case["status"], "measured", (case["reason"], case["stderr_tail"]))
        self.assertEqual(len(case["stages"]["compute"]["samples_ns"]), 16)
        self.assertEqual(done.returncode, 0, done.stdout)
        # The project's own assertion fails: cargo says so, and so does the case.
        done, receipt = self.run_options(self.options("gpu"), "gemv", limits={"step": "4min"})
        self.assertRegex(receipt["cases"][0]["reason"], "^error: `cargo bench .*exited with")
        self.assertEqual(done.returncode, 4)

    def test_without_harness(self):
        """A benchmark that libtest takes for tests: cargo is content, and nothing was measured."""
        self.project("without", bench=LIBTEST, harness="true")
        done, receipt = self.run_options(self.options(), "gemv", limits={"step": "4min"})
        self.assertRegex(receipt["cases"][0]["reason"], "^nothing-measured: .*'0 measured'.*harness = false")
        self.assertEqual(done.returncode, 5, done.stdout)

    def bitnet_rs(self, kernel):
        """The shipped pipeline, with fewer runs than a real model would take."""
        recorded = RECORDED / "criterion/i2s/dequantize/new"
        self.project("bitnet", members='"crates/bitnet-kernels", "xtask"')
        self.project("bitnet-kernels", "crates/bitnet-kernels", bench=CRITERION.format(recorded=recorded))
        self.write("xtask/Cargo.toml", MANIFEST.format(name="xtask", members="").split("[features]")[0])
        self.write("xtask/src/main.rs", XTASK.format(kernel=kernel))
        receipt = self.directory / "receipt.json"
        receipt.unlink(missing_ok=True)
        return self.bitgate("run", HERE.parents[1] / "configs/bitnet-rs.yaml", "--json", receipt)

    def test_bitnet_rs(self):
        done = self.bitnet_rs("i2s_gemv")
        receipt = json.loads((self.directory / "receipt.json").read_text())
        cases = {case["id"]: case for case in receipt["cases"]}
        kernels = [case for id, case in cases.items() if id.endswith("@kernels")]
        self.assertEqual([case["status"] for case in kernels], ["measured"] * 3,
                         [(case["reason"], case["stderr_tail"]) for case in kernels])
        self.assertRegex(cases["kernels/benchmark=cache_performance/cache_test/128x128x128@kernels-gpu"]["reason"],
                         "^feature-off: ")
        inference = cases["inference/benchmark=decode@inference"]
        self.assertEqual(inference["status"], "measured", inference["reason"])
        self.assertEqual(inference["benchmark"]["runs"], 12)
        gates = {gate["id"]: gate["status"] for gate in receipt["gates"]}
        self.assertEqual(gates["real-time"], "pass", done.stdout)
        self.assertEqual(self.bitgate("verify", "receipt.json").returncode, 0)
        # A receipt of a mock, with a path that calls itself real.
        done = self.bitnet_rs("mock_inference")
        receipt = json.loads((self.directory / "receipt.json").read_text())
        inference, = [case for case in receipt["cases"] if case["suite"] == "inference"]
        self.assertRegex(inference["reason"], "^error: .*measured a mock: .*mock_inference")
        self.assertEqual(done.returncode, 4, done.stdout)


if __name__ == "__main__":
    os.environ["PATH"] += f":{pathlib.Path.home()}/.cargo/bin"
    if not shutil.which("cargo"):
        print("SKIPPED: no cargo in PATH or ~/.cargo/bin")
        sys.exit(77)
    subprocess.run(["cargo", "--version"], check=True)
    unittest.main(argv=["cargo_test"])
