# The `ledger` command: `docker build -t exchange-ledger .`, then `docker run --rm exchange-ledger --help`.
FROM python:3.13-slim

WORKDIR /build
COPY requirements/kafka.lock requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/kafka.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY ledger ledger
COPY replay replay
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && rm -r /build/*

RUN useradd --create-home --uid 10001 ledger
USER ledger
WORKDIR /home/ledger
ENTRYPOINT ["ledger"]
