"""What the design asks of the doorbell, read from the application itself."""

from config.celery import app
from parcels import tasks


def test_message_is_a_doorbell_and_no_promise() -> None:
    app.finalize()
    conf = app.conf
    assert conf.result_backend is None
    assert (conf.task_ignore_result, conf.task_acks_late, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert (list(conf.accept_content), conf.task_serializer) == (["json"], "json")
    assert 0 < conf.task_soft_time_limit < conf.task_time_limit
    # A task that runs to its limit is not delivered a second time meanwhile.
    assert conf.task_time_limit <= conf.broker_transport_options["visibility_timeout"] / 2
    assert conf.task_soft_time_limit > tasks._LONGEST_S


def test_connection_is_tried_again_without_end() -> None:
    assert app.conf.broker_connection_max_retries is None
    assert app.conf.broker_connection_retry_on_startup is True
    assert app.conf.broker_channel_error_retry is True
    assert app.conf.task_publish_retry is False


def test_child_makes_room_after_many_tasks_or_much_memory() -> None:
    assert 0 < app.conf.worker_max_tasks_per_child <= 1_000
    assert 0 < app.conf.worker_max_memory_per_child <= 1024 * 1024


def test_no_task_has_a_number_of_tries_or_a_time_of_its_own() -> None:
    ours = {name: task for name, task in app.tasks.items() if name.startswith("parcels.")}
    assert ours.keys() == {"parcels.drain", "parcels.tick"}
    assert {task.autoretry_for if hasattr(task, "autoretry_for") else () for task in ours.values()} == {()}
    assert {task.ignore_result for task in ours.values()} == {True}
