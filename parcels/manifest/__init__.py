"""Import of a manifest: a file of parcels, checked whole, then written whole or not at all.

`tables` reads CSV and XLSX, `workbook` looks into an XLSX before it is opened, `columns` reads the header,
`checks` judges rows without a database, `importing` does both passes, and `results` says what became of
each row. Nothing that stands in the file is ever part of a message.
"""

from parcels.manifest.importing import Outcome, run
from people.tables import Unreadable

__all__ = ["Outcome", "Unreadable", "run"]
