"""A real Apache Kafka from Maven's jars, for development and tests: nothing that is shipped imports it.

It needs Java 17 and, the first time, Maven; no Docker. `python -m broker` runs one in the foreground, `make kafka` too.
In a test:

    with Cluster(folder, nodes=3) as cluster:
        use(cluster.bootstrap)
        cluster.kill(2)
"""
