"""The tree that seals the movements: see `people.sealing` for how it grows."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class CustodyLeaf(models.Model):
    """A movement's place in the log and its salted hash. Only ever inserted."""

    index = models.BigIntegerField(primary_key=True)
    movement = models.BigIntegerField(unique=True)
    hash = models.BinaryField()
    mark = models.BinaryField(help_text="Of place and hash, under a key outside the database")

    class Meta:
        verbose_name_plural = "custody leaves"

    def __str__(self) -> str:
        return f"leaf {self.index}"


class CustodySalt(models.Model):
    """Without it nobody can try which movement a leaf stands for; it goes when its people are erased."""

    index = models.BigIntegerField(primary_key=True)
    salt = models.BinaryField()

    def __str__(self) -> str:
        return f"salt of leaf {self.index}"


class CustodyNode(models.Model):
    """The root of 256 leaves, or of 256 such, and so on: what proofs are made of. Only ever inserted."""

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"node {self.place} of level {self.level}"


class CustodyHead(models.Model):
    """The root of the log when it had `size` movements, signed. Only ever inserted.

    Beside these columns the table has `below`: all transactions before it are sealed.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    frontier = models.BinaryField()
    at = models.DateTimeField()
    key = models.CharField(max_length=16, help_text="Which public key: the first 8 bytes of its SHA-256")
    signature = models.BinaryField()
    mark = models.BinaryField(help_text="Of what is not signed, under a key outside the database")

    class Meta:
        verbose_name = "head of the custody log"
        verbose_name_plural = "heads of the custody log"

    def __str__(self) -> str:
        return f"head of {self.size}"


class CustodyCheck(models.Model):
    """That the whole log was verified, and what came of it. Only ever inserted."""

    at = models.DateTimeField(db_default=Now())
    size = models.BigIntegerField()
    faults = models.IntegerField()
    first = models.BigIntegerField(null=True, help_text="The first bad movement's place")

    def __str__(self) -> str:
        return f"check of {self.size}"
