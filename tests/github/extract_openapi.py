#!/usr/bin/env python3
"""Makes openapi.json, the part of GitHub's description of its REST API that the test server needs:
the request bodies, parameters and status codes of the endpoints that the reporter uses.

The source is descriptions/api.github.com/api.github.com.json of
https://github.com/github/rest-api-description (MIT licence, Copyright (c) 2020 GitHub).

usage: extract_openapi.py api.github.com.json > openapi.json
"""
import json
import sys

ENDPOINTS = {
    "/repos/{owner}/{repo}/check-runs": ["post"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["get", "patch", "delete"],
    "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
}
WORDS_ONLY = {"description", "summary", "example", "examples", "externalDocs", "tags", "title"}


def resolved(whole, node):
    """The node without references and without what only people read."""
    if isinstance(node, list):
        return [resolved(whole, item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = whole
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolved(whole, target)
    kept = {}
    for key, value in node.items():
        if key == "properties":
            kept[key] = {name: resolved(whole, inner) for name, inner in value.items()}
        elif not key.startswith("x-") and not (key in WORDS_ONLY and isinstance(value, (str, dict, list))):
            kept[key] = resolved(whole, value)
    return kept


def main():
    whole = json.load(open(sys.argv[1], encoding="utf-8"))
    paths = {}
    for path, methods in ENDPOINTS.items():
        paths[path] = {}
        for method in methods:
            operation = whole["paths"][path][method]
            body = operation.get("requestBody", {})
            paths[path][method] = {
                "parameters": resolved(whole, operation.get("parameters", [])),
                "body": resolved(whole, body.get("content", {}).get("application/json", {}).get("schema")),
                "statuses": sorted(operation["responses"]),
            }
    document = {"source": "github/rest-api-description", "version": whole["info"]["version"],
                "licence": "MIT", "paths": paths}
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


main()
