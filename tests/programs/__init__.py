"""Programs as people write them with NumPy, differentiated as they stand.

Each module of `idioms` holds programs of one way of writing. `program.py` marks them and gives them inputs,
`reference.py` differentiates them without chainrule, `test_programs.py` compares.
"""
