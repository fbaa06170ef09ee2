#!/usr/bin/env python3
"""Feeds the corpus to an independent validator of JSON Schema: it must accept every good file and
refuse every bad one, except those that not_in_schema.txt lists with the reason.

usage: check_schema.py SCHEMA CORPUS
"""
import json
import pathlib
import sys

import jsonschema  # Debian: python3-jsonschema
import yaml  # Debian: python3-yaml


def why_refused(validator, path):
    """The first complaint, or None if the file is accepted."""
    try:
        document = yaml.load(path.read_bytes(), yaml.SafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        return f"not YAML: {error}"
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return error and f"{error.json_path}: {error.message}"


def read_exceptions(path):
    """Lines "NAME: REASON"."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def main(schema_path, corpus):
    schema = json.loads(pathlib.Path(schema_path).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    corpus = pathlib.Path(corpus)
    exceptions = read_exceptions(corpus / "not_in_schema.txt")
    failures = []
    counts = {}
    for folder in ("good", "bad"):
        paths = sorted((corpus / folder).glob("*.yaml"))
        counts[folder] = len(paths)
        for path in paths:
            why = why_refused(validator, path)
            if folder == "good" and why:
                failures.append(f"good/{path.name}: refused by the schema: {why}")
            if folder == "bad" and not why and path.stem not in exceptions:
                failures.append(f"bad/{path.name}: accepted by the schema, and not in not_in_schema.txt")
            if folder == "bad" and why and path.stem in exceptions:
                failures.append(f"bad/{path.name}: refused by the schema ({why}); take it out of not_in_schema.txt")
    for name in exceptions:
        if not (corpus / "bad" / f"{name}.yaml").exists():
            failures.append(f"not_in_schema.txt names {name}, which is not in bad/")
    if not counts["good"] or not counts["bad"]:
        failures.append(f"no corpus in {corpus}")
    print("\n".join(failures) or f"{counts['good']} good and {counts['bad']} bad files, as expected")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
