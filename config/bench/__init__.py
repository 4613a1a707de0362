"""How fast the product is, as ratios to the usual ways of doing the same: `manage.py bench`.

Every variant writes the same rows under the same constraints, on real servers, in databases made for it.
The usual ways are written as well as their libraries allow: `one_task_a_parcel`, `one_row_at_a_time` and
`plain_api`. This file imports nothing of ours, so that servers can be started before the settings are read.
"""

from typing import Final

MODULES: Final = {
    "advance": "config.bench.advance",
    "import": "config.bench.importing",
    "lookup": "config.bench.lookup",
    "match": "config.bench.matching",
    "walls": "config.bench.walls",
}
