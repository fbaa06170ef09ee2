"""A GitHub of one repository for tests: keeps check runs, comments and statuses, checks every request
against the description of the API, and can be told to fail in the ways the real one does."""
import http.server
import json
import pathlib
import re
import socket
import threading
import time
import urllib.parse

import jsonschema  # Debian: python3-jsonschema

HERE = pathlib.Path(__file__).parent
OWN_APP = {"id": 15368, "slug": "github-actions"}
HTML = (b"<!DOCTYPE html><html><body>Bad gateway</body></html>", "text/html")


class Fault:
    """What happens to the requests that `method` and `path` (a regular expression) name, `times`
    times: an answer of this `status`, or one of the words drop, drop-after, slow, html, redirect."""

    def __init__(self, what, method=".*", path=".*", times=1, headers=None, message="", to=""):
        self.what, self.method, self.path, self.times = what, method, path, times
        self.headers, self.message, self.to = headers or {}, message, to

    def fits(self, method, path):
        return self.times > 0 and re.fullmatch(self.method, method) and re.search(self.path, path)


class Github:
    """The server; its state is there to be looked at and changed. `token` is the one that it takes."""

    def __init__(self, token, repository="acme/kernels", login="github-actions[bot]", tls=None):
        self.token, self.repository, self.login = token, repository, login
        self.lock = threading.RLock()
        self.check_runs, self.comments, self.statuses, self.pulls = [], [], [], []
        self.log, self.violations, self.faults = [], [], []
        self.next_id = 1000
        self.most_per_page = 100
        self.description = json.loads((HERE / "openapi.json").read_text())["paths"]
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def new_id(self):
        self.next_id += 1
        return self.next_id

    def add_comment(self, body, login=None):
        with self.lock:
            comment = {"id": self.new_id(), "body": body, "user": {"login": login or self.login}}
            self.comments.append(comment)
            return comment

    def own_comments(self):
        return [c["body"] for c in self.comments if c["user"]["login"] == self.login]

    def shown_check_runs(self):
        """As the API lists them with filter=latest: one of a name, app and commit."""
        latest = {}
        for run in self.check_runs:
            latest[run["name"], run["app"]["slug"], run["head_sha"]] = run
        return list(latest.values())

    # ---- requests against the description ------------------------------------------------------

    def check(self, method, path, query, body, headers):
        """Notes what a request lacks of what the description asks for; the template that it fits."""
        def wrong(what):
            self.violations.append(f"{method} {path}: {what}")

        if headers.get("Authorization") != f"Bearer {self.token}":
            wrong("no or another token")
        if self.token in path or self.token in json.dumps(query) or self.token in json.dumps(body):
            wrong("the token is in the request itself")
        if not headers.get("User-Agent"):
            wrong("GitHub wants a User-Agent")
        for template, methods in self.description.items():
            names = re.findall(r"\{(\w+)\}", template)
            match = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", template), path)
            if not match or method.lower() not in methods:
                continue
            operation = methods[method.lower()]
            given = dict(zip(names, match.groups()))
            known = {p["name"]: p for p in operation["parameters"]}
            for name, value in {**given, **query}.items():
                if name not in known:
                    wrong(f"unknown parameter {name}")
                    continue
                schema = known[name]["schema"]
                if schema.get("type") == "integer":
                    if not value.isdigit():
                        wrong(f"{name} is no number")
                        continue
                    value = int(value)
                for error in jsonschema.Draft7Validator(schema).iter_errors(value):
                    wrong(f"{name}: {error.message}")
            if "per_page" in query and int(query["per_page"]) > 100:
                wrong("per_page is at most 100")
            schema = operation["body"]
            if schema is None and body is not None:
                wrong("takes no body")
            if schema is not None:
                for error in jsonschema.Draft7Validator(schema).iter_errors(body):
                    wrong(f"{error.json_path}: {error.message}")
                for key in set(body or {}) - set(schema.get("properties", {})):
                    wrong(f"unknown member {key}")
                if body and "conclusion" in body and body.get("status") != "completed":
                    wrong("a conclusion without status completed")
            return template
        wrong("no such endpoint in the description")
        return None

    # ---- the endpoints --------------------------------------------------------------------------

    def answer(self, method, template, path, query, body):
        """Status and document."""
        repository = "/repos/" + self.repository
        if not path.startswith(repository + "/"):
            return 404, {"message": "Not Found"}
        rest = path[len(repository):]
        last = rest.rsplit("/", 1)[-1]
        if template.endswith("/check-runs") and method == "POST":
            run = {"id": self.new_id(), "app": OWN_APP, **body}
            self.check_runs.append(run)
            return 201, run
        if template.endswith("{check_run_id}"):
            run = next((r for r in self.check_runs if str(r["id"]) == last), None)
            if run is None:
                return 404, {"message": "Not Found"}
            run.update(body)
            return 200, run
        if template.endswith("{ref}/check-runs"):
            sha = rest.split("/")[2]
            runs = [r for r in (self.shown_check_runs() if query.get("filter") == "latest"
                                else self.check_runs)
                    if r["head_sha"] == sha and r["name"] == query.get("check_name", r["name"])]
            return 200, {"total_count": len(runs), "check_runs": self.page(runs, query)}
        if template.endswith("/pulls"):
            return 200, self.page(self.pulls, query)
        if template.endswith("{sha}"):
            self.statuses.append(body)
            return 201, body
        if template.endswith("{comment_id}"):
            comment = next((c for c in self.comments if str(c["id"]) == last), None)
            if comment is None:
                return 404, {"message": "Not Found"}
            if method == "GET":
                return 200, comment
            if comment["user"]["login"] != self.login:
                self.violations.append(f"{method} {path}: the comment is {comment['user']['login']}'s")
                return 403, {"message": "Forbidden"}
            if method == "DELETE":
                self.comments.remove(comment)
                return 204, None
            return self.store(comment, body, 200)
        if method == "POST":
            comment = {"id": self.new_id(), "user": {"login": self.login}}
            status, document = self.store(comment, body, 201)
            if status == 201:
                self.comments.append(comment)
            return status, document
        return 200, self.page(self.comments, query)

    @staticmethod
    def store(comment, body, status):
        if len(body["body"]) > 65536:
            return 422, {"message": "Validation Failed",
                         "errors": [{"message": "body is too long (maximum is 65536 characters)"}]}
        comment["body"] = body["body"]
        return status, comment

    def page(self, items, query):
        size, number = min(int(query.get("per_page", 30)), self.most_per_page), int(query.get("page", 1))
        self.has_next = number * size < len(items)
        return items[(number - 1) * size:number * size]

    # ---- HTTP ------------------------------------------------------------------------------------

    def _handler(github):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, data=b"", kind="application/json", headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def drop(self):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def handle_request(self):
                size = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(size)
                body = json.loads(text) if text else None
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                with github.lock:
                    github.log.append(f"{self.command} {self.path}")
                    template = github.check(self.command, url.path, query, body, self.headers)
                    fault = next((f for f in github.faults if f.fits(self.command, self.path)), None)
                    if fault:
                        fault.times -= 1
                if fault and fault.what != "drop-after":
                    return self.fail(fault)
                with github.lock:
                    github.has_next = False
                    status, document = (github.answer(self.command, template, url.path, query, body)
                                        if template else (404, {"message": "Not Found"}))
                    data = b"" if document is None else json.dumps(document).encode()
                    # The address is never followed, only that there is one.
                    link = {"Link": '<https://api.github.example/next>; rel="next"'} if github.has_next else {}
                if fault:
                    return self.drop()
                return self.reply(status, data, headers=link)

            def fail(self, fault):
                if fault.what == "drop":
                    return self.drop()
                if fault.what == "slow":
                    time.sleep(5)
                    return self.drop()
                if fault.what == "html":
                    return self.reply(200, *HTML)
                if fault.what == "redirect":
                    return self.reply(307, headers={"Location": fault.to})
                return self.reply(fault.what, json.dumps({"message": fault.message}).encode(),
                                  headers=fault.headers)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_request

        return Handler
