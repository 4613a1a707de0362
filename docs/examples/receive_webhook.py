"""Receive what Lifeline sends: verify it, drop what came before, answer, and print it.

LIFELINE_SECRET=whsec_... python receive_webhook.py PORT    (needs: pip install standardwebhooks)
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["LIFELINE_SECRET"])
SEEN: set[str] = set()  # in earnest a table with a unique key, written with what you do about it


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            event = WEBHOOK.verify(body, headers)
        except WebhookVerificationError:
            self._answer(401)
            return
        self._answer(204)
        if headers["webhook-id"] not in SEEN:
            SEEN.add(headers["webhook-id"])
            print(event["type"], event["data"], flush=True)  # noqa: T201

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver) as server:
        server.serve_forever()
