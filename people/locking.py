"""What is raised where the key-encryption key is not in memory: names can be neither opened nor kept."""


class Locked(Exception):
    """Two officers must unlock the key-encryption key first."""
