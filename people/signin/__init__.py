"""How staff come in, stay in and prove again who they are. Every way asks for a second factor.

`entering` is the page of passwords and passkeys, `joining` that of invitations, `links` the one exception of
the demonstration; `factors` knows what somebody has, `sessions` who is in, `fresh` asks again before what is
most sensitive, and `account` is where each looks after their own.
"""

from people.signin.links import issue_link, sign_in, use_link
from people.signin.passwords import LOGINS, PasswordBackend, TooManyTries, retry_after_s

__all__ = [
    "LOGINS",
    "PasswordBackend",
    "TooManyTries",
    "issue_link",
    "retry_after_s",
    "sign_in",
    "use_link",
]
