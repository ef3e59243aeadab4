"""llama.cpp's own HTTP server in a process of its own: a provider that we did not write.

Run with the path of a GGUF file it serves until its standard input ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grok_tree.samplers._weights import missing_reason, prepared_weights, user_cache
from tests.patience import PATIENCE_S

MODEL = "smollm2-135m"
MISSING = missing_reason()
N_SLOTS = 4


@contextmanager
def running() -> Iterator[str]:
    """Run the server on a free port; gives its base URL."""
    weights = prepared_weights(user_cache()).path
    command = [sys.executable, "-m", "tests.llama_server", str(weights)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "llama.cpp did not start"
        try:
            yield f"{address}/v1"
        finally:
            process.stdin.close()
            process.wait(timeout=PATIENCE_S)


def _serve(weights: str) -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.model_alias = {MODEL}
    parameters.port = 0
    parameters.n_ctx = 4096
    parameters.n_parallel = N_SLOTS
    parameters.kv_unified = True
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    parameters.embedding = True
    parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    parameters.endpoint_slots = True
    parameters.verbosity = 0
    parameters.ui = False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(sys.argv[1])
