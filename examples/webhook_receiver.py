#!/usr/bin/env python3
"""Receives liveness-launch's webhooks on this machine and says what they tell.

    python3 examples/webhook_receiver.py PORT SECRET_FILE [COUNT]

Ends after COUNT events. Only Python's own library is needed; what a server must do is in `genuine`.
"""

import hashlib
import hmac
import http.server
import json
import sys
import time

MAX_BYTES = 1 << 20
MAX_AGE = 300  # seconds


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
    port, secret_file, *count = sys.argv[1:]
    with open(secret_file, "rb") as file:
        Receiver.secret = file.read().rstrip(b"\n")
    with http.server.HTTPServer(("127.0.0.1", int(port)), Receiver) as server:
        print("webhook: listening", flush=True)
        while not count or len(Receiver.seen) < int(count[0]):
            server.handle_request()


if __name__ == "__main__":
    main()
