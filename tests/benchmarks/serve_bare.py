"""A server that does no work: the standard library's, at its best, with one answer for all."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = json.dumps(
    {
        "access_token": "0" * 512,
        "token_type": "Bearer",
        "expires_in": 1079,
        "scope": "email_send",
        "soap_instance_url": "http://127.0.0.1:10000/",
        "rest_instance_url": "http://127.0.0.1:10001/",
    },
    separators=(",", ":"),
).encode()


class Bare(BaseHTTPRequestHandler):
    """Reads a request, as every handler does, and gives the answer."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the whole answer at once
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer a token request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


with ThreadingHTTPServer(("127.0.0.1", 0), Bare) as server:
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.05)
