"""Validates JSON files against a JSON Schema (draft-07), with a validator that is not bitgate's.

usage: validate_json.py SCHEMA FILE…
Prints every violation as FILE: path: message. Exit code 1 if there is any.
"""
import json
import sys

import jsonschema


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_constant=refuse)


schema = load(sys.argv[1])
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
violations = 0
for name in sys.argv[2:]:
    for error in validator.iter_errors(load(name)):
        path = "/".join(str(part) for part in error.absolute_path)
        print(f"{name}: {path or 'document'}: {error.message[:400]}")
        violations += 1
sys.exit(1 if violations else 0)
