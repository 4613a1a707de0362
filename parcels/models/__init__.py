"""What travels and where it is."""

from parcels.models.consignments import Consignment, ConsignmentNews
from parcels.models.custody import CustodyCheck, CustodyHead, CustodyLeaf, CustodyNode, CustodySalt
from parcels.models.ledgers import LedgerSnapshot
from parcels.models.movements import Movement, Publication
from parcels.models.outbox import Feed, Outbox
from parcels.models.parcels import Finding, Line, LineDecision, Note, Parcel
from parcels.models.reconciling import Difference, DueSince, Reconciliation
from parcels.models.work import Batch, Liveness, Quarantine, Tick

__all__ = [
    "Batch",
    "Consignment",
    "ConsignmentNews",
    "CustodyCheck",
    "CustodyHead",
    "CustodyLeaf",
    "CustodyNode",
    "CustodySalt",
    "Difference",
    "DueSince",
    "Feed",
    "Finding",
    "LedgerSnapshot",
    "Line",
    "LineDecision",
    "Liveness",
    "Movement",
    "Note",
    "Outbox",
    "Parcel",
    "Publication",
    "Quarantine",
    "Reconciliation",
    "Tick",
]
