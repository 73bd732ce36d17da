"""The ledger as tables that can be taken away: each column in one row, and every file format made of these rows.

    column.py    what a column and a table are          subject.py   what rows are made from: an exchange, or a process
    claims.py, figures.py, others.py                    the columns, and how each is made
    tables.py    every table, and what the package is made of
    cells.py     CSV     parquet.py  Parquet            package.py   a Data Package     datasette.py  a SQLite file

docs/data.md says how to read and to sum them.
"""
