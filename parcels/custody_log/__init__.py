"""The custody log: every movement in a Merkle tree, so that two sides can check the same history.

`leaf` is the form in which a movement is hashed, `proofs` what shows that it is there, `opening` what one
organisation may read of it, `exporting` the file that it takes home. `people.sealing` makes the tree grow.
"""

from parcels.custody_log.tree import CUSTODY, heads_since

__all__ = ["CUSTODY", "heads_since"]
