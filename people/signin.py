"""How staff come in: a throttled password, or, in a demonstration, a one-use link from the machine itself."""

from django.contrib.auth.backends import BaseBackend


class PasswordBackend(BaseBackend):
    pass
