"""That somebody opened too many people, as it is said to them and to their programs."""

from django.core.exceptions import PermissionDenied


class Stopped(PermissionDenied):
    """Too many different people in an hour: nothing is shown. Says so in a sentence, and who lifts it."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"More than {most} different people were opened in an hour, so no more are opened now. The"
            " coordinators of your office have been told. A coordinator who is not you lifts this."
        )
