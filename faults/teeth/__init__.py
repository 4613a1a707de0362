"""Does the harness bite? Bugs that are known, each a patch: it must catch every one of them.

A patch begins with what is wrong, which invariant must find it, and how the harness is run. It is applied to
a copy of the tree; the tree itself is never touched.
"""
