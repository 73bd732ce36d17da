"""The ledger over HTTP: views at any cut, publishing, streams of changes, and what an operator asks.

Its rooms, each of which imports only those above it:

    http/       what every request and answer has     access/     who may, and how much
    telemetry/  logs and traces                       state/      the books at other moments than now
    site/       pages as the server writes them       charts/     views drawn, as SVG, PNG and frames
    views/      views as bytes                        events/     events as they stand in the log; publishing, dry runs
    stream/     what changes, as it comes             service/    what all operations share; health and metrics
    handlers/   what each operation does              contract/   one row for each operation; OpenAPI
    server/     the application and its address       page/       what a browser shows
"""
