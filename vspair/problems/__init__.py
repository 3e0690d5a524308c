"""The inverse problems, one package each, and the door through which every job on any of them goes.

A problem is a package with `settings`, which planning reads without torch (`InverseProblem`), and `jobs`, the
functions that its jobs call (`defaults` says which there are); or one module with both. Those of other packages are
found by their entry points in the group `vspair.problems`.
"""
