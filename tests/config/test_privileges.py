import pytest
from django.db import connection

from config.privileges import TABLES, shortcoming

pytestmark = pytest.mark.django_db


def test_every_table_is_listed() -> None:
    assert set(TABLES) == set(connection.introspection.table_names())


@pytest.mark.parametrize(
    "table", ["parcels_movement", "parcels_publication", "parcels_finding", "people_auditentry"]
)
def test_roles_only_read_and_add_to_append_only_tables(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants"
            " WHERE table_name = %s AND grantee IN ('lifeline_web', 'lifeline_worker') ORDER BY 1",
            [table],
        )
        assert [name for (name,) in cursor.fetchall()] == ["INSERT", "SELECT"]


def test_server_of_the_tests_protects_all() -> None:
    assert shortcoming() is None
