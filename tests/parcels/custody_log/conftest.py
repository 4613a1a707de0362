import pytest

from parcels.custody_log import CUSTODY
from people import sealing
from tests.databases import Database, as_role
from tests.factories import World, world

WORKER = "lifeline_worker"


def seal() -> int:
    """Seal what is due, as the worker, who alone may."""
    with as_role(WORKER):
        return sealing.seal_all(CUSTODY)


@pytest.fixture
def w(committed_db: Database) -> World:
    return world()
