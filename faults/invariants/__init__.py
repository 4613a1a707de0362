"""What must hold after any faults: read from the database and from files, by code that knows no product.

Nothing here, and nothing it imports, is of the product: a test reads the imports. What is legal is written
down once more, from the agreed design.
"""

from faults.invariants.checking import CHECKS, Evidence, check_all

__all__ = ["CHECKS", "Evidence", "check_all"]
