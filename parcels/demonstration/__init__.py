"""A made-up round to look around in: two sides that do not exist, and parcels of people who do not.

`manifest` makes up what families send, `offices` who works on it, `play` what they did, and `loading` puts
it all into an empty database; `entrances` lets a visitor in. Beside the round stand `agreements`, `mirror`
(the round the other way), what is `told` of people, `visits`, `exchanges`, `returns`, and the `ledger`.
"""

from parcels.demonstration.entrances import Board, NoDemonstration, board
from parcels.demonstration.loading import NotEmpty, load

__all__ = ["Board", "NoDemonstration", "NotEmpty", "board", "load"]
