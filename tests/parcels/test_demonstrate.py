import pytest
from django.core.management import CommandError, call_command

from parcels import demonstration
from parcels.models import Parcel
from people.models import Organisation, Staff
from tests.factories import world

pytestmark = pytest.mark.django_db


def test_demonstration_goes_only_into_an_empty_database() -> None:
    world()
    before = (Organisation.objects.count(), Staff.objects.count())

    with pytest.raises(CommandError, match="needs an empty database") as refused:
        call_command("demonstrate")

    assert refused.value.returncode == 2
    assert (Organisation.objects.count(), Staff.objects.count(), Parcel.objects.count()) == (*before, 0)


def test_there_is_no_board_without_a_demonstration() -> None:
    world()

    with pytest.raises(demonstration.NoDemonstration):
        demonstration.board("http://127.0.0.1:8000")
    with pytest.raises(CommandError) as refused:
        call_command("board")
    assert refused.value.returncode == 2
