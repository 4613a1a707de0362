"""The fault harness: the whole product under load, while all it stands on is killed, stopped and filled.

`python -m faults` (`make faults`) starts real servers and processes, lets partners' systems and an office
drive parcels through their lives, inflicts a schedule of faults that a seed repeats, lets it become calm, and
then checks invariants. What checks (`faults.invariants`) imports nothing of the product: a mistake of the
product cannot hide itself there.
"""
