"""A replica of a cluster's Redis."""

import subprocess
from contextlib import contextmanager

from ports import claim_port
from waiting import eventually

PATIENCE = 30


@contextmanager
def replica(cluster, folder):
    """Runs a replica, from when it is in step with its primary until it is killed."""
    command = [
        "redis-server", "--port", str(claim_port()), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
        "--replicaof", "127.0.0.1", str(cluster.redis_port),
    ]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: "state=online" in cluster.redis("INFO", "replication"), PATIENCE, what="the replica is in step")
        yield process
    finally:
        process.kill()
        process.wait()
