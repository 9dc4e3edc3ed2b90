"""Formulas: what an operation computes and how it sends gradients back, as trees that are written and evaluated.

An expression means what it says: `evaluate` computes it with NumPy, so that whatever is printed can be checked first.
Notation turns it into marks on a line, once, parentheses and all; TeX, MathML and plain text are three ways to write
these down.
"""
