"""A mail of the house, through Django's backend: plain words, no person, no parcel."""

from __future__ import annotations

import json
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from people.relay.schedule import Outcome


def post(address: str, body: str, message: str) -> Outcome:
    """Send the mail that `body` describes; its Message-ID is the delivery's, so that a repeat is known."""
    told = json.loads(body)
    host = settings.MAIL_FROM.rpartition("@")[2].rstrip("> ")
    mail = EmailMessage(
        told["subject"], told["text"], settings.MAIL_FROM, [address],
        headers={"Message-ID": f"<{message}@{host}>", "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    try:
        mail.send()
    except smtplib.SMTPResponseException as error:
        return Outcome(f"smtp {error.smtp_code}")
    except smtplib.SMTPException as error:
        return Outcome(f"smtp {type(error).__name__}"[:40])
    except TimeoutError:
        return Outcome("timeout")
    except OSError:
        return Outcome("connection failed")
    return Outcome("sent", delivered=True)
