"""The ledger as tables that can be taken away: each column in one row, and every file format made of these rows.

    column.py    what a column and a table are          subject.py   what rows are made from: an exchange, or a process
    claims.py, figures.py, others.py                    the columns, and how each is made
    tables.py    every table, and what the package is made of
    sums.py, sql.py      the rules by which rows sum to figures, as views     about.py     method, caveats, licence
    cells.py   CSV     parquet.py   Parquet     package.py   a Data Package     datasette.py   a SQLite file
    forms.py   each form of a file in one row

docs/data.md says how to read and to sum them.
"""
