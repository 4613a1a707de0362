"""The product's settings, and beside them what only the bench has: its models and its addresses."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "config.bench"]
ROOT_URLCONF = "config.bench.urls"
