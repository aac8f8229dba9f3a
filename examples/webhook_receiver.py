#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Receives liveness-launch's webhooks on this machine and says what they tell.

    python3 examples/webhook_receiver.py [--allow-readable-secrets] PORT SECRET_FILE [COUNT]

Ends after COUNT events. Only Python's own library is needed; what a server must do is in `genuine`.
"""

import hashlib
import hmac
import http.server
import json
import os
import sys
import time

MAX_BYTES = 1 << 20
MAX_AGE = 300  # seconds


def read_secret(path, others_may_read=False):
    """The secret in a file, by the rule of liveness-launch: a byte order mark at the start and line ends at the end do not
    count, everything else does; it has 16 to 4096 bytes, and only its owner can read the file."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o066 and not others_may_read:
            sys.exit(f"{path}: others can read or write it; chmod 600 it, or give --allow-readable-secrets")
        secret = file.read(1 << 16).removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    if not 16 <= len(secret) <= 4096:
        sys.exit(f"{path}: a secret has 16 to 4096 bytes")
    return secret


def genuine(headers, body, secret):
    """Whether the sender knows the secret, and sent this now."""
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    signed_by_us = hmac.compare_digest(expected, headers.get("X-Signature", ""))
    return signed_by_us and abs(time.time() - json.loads(body)["timestamp"]) <= MAX_AGE


class Receiver(http.server.BaseHTTPRequestHandler):
    secret = b""
    seen = set()

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) if length <= MAX_BYTES else b""
        if not body or not genuine(self.headers, body, self.secret):
            self.send_error(401)
            return
        event = json.loads(body)
        # The same event may come twice, but counts once.
        if event["event_id"] not in self.seen:
            self.seen.add(event["event_id"])
            print(f"webhook: session {event['session_id']} is {event['status']} (signature holds)", flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    others_may_read = "--allow-readable-secrets" in sys.argv
    port, secret_file, *count = [arg for arg in sys.argv[1:] if arg != "--allow-readable-secrets"]
    Receiver.secret = read_secret(secret_file, others_may_read)
    with http.server.HTTPServer(("127.0.0.1", int(port)), Receiver) as server:
        print("webhook: listening", flush=True)
        while not count or len(Receiver.seen) < int(count[0]):
            server.handle_request()


if __name__ == "__main__":
    main()
