"""What the tests of the plugin process share: a pipeline over commands of the test's own."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml  # Debian: python3-yaml

BITGATE = sys.argv[1]
HERE = pathlib.Path(__file__).parent
RECORDED = HERE / "recorded"


class ProcessTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = pathlib.Path(holder.name)

    def bitgate(self, *arguments):
        return subprocess.run([BITGATE, *map(str, arguments)], cwd=self.directory, capture_output=True,
                              text=True, check=False)

    def run_options(self, options, benchmarks, gates=(), more=(), **top):
        """The finished run of one backend with these options, and its receipt."""
        return self.run_backends({"command": options}, benchmarks, gates, more, **top)

    def run_backends(self, options, benchmarks, gates=(), more=(), **top):
        pipeline = {
            "version": 1, "name": "outside", "gate": "generative:gate:benchmarks", "features": ["cpu"],
            "backends": {name: {"plugin": "process", "options": given} for name, given in options.items()},
            "suites": {"suite": {"backends": list(options),
                                 "compute": {"op": "benchmark", "benchmark": benchmarks}}},
            "gates": list(gates) or [{"id": "time", "metric": "compute.time", "require": "<= 1min"}],
        } | top
        (self.directory / "pipeline.yaml").write_text(yaml.safe_dump(pipeline))
        receipt = self.directory / "receipt.json"
        receipt.unlink(missing_ok=True)
        done = self.bitgate("run", "pipeline.yaml", "--json", receipt, "--reporter", "console", *more)
        return done, json.loads(receipt.read_text()) if receipt.exists() else None

    def cases(self, receipt):
        return {case["axes"]["benchmark"]: case for case in receipt["cases"]}
