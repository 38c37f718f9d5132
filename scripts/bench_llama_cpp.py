"""llama.cpp on one thread: prefill of 512 tokens, then 64 tokens one by one, in tokens per CPU-second.

With --plain, weights stay as they are in the file: no repacking for matrix units such as AMX.
"""
import resource
import sys

from llama_cpp import Llama, llama_cpp

if "--plain" in sys.argv:
    defaults = llama_cpp.llama_model_default_params

    def plain():
        params = defaults()
        params.use_extra_bufts = False
        return params

    llama_cpp.llama_model_default_params = plain


def cpu_seconds():
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


llama = Llama(sys.argv[1], n_ctx=1024, n_batch=512, n_threads=1, n_threads_batch=1, verbose=False)
tokens = [i * 7919 % llama.n_vocab() for i in range(512)]
llama.eval(tokens[:64])
prefill = float("inf")
for _ in range(2):
    llama.reset()
    start = cpu_seconds()
    llama.eval(tokens)
    prefill = min(prefill, cpu_seconds() - start)
start = cpu_seconds()
for token in tokens[:64]:
    llama.eval([token])
decode = cpu_seconds() - start
name = "llama.cpp, plain" if "--plain" in sys.argv else "llama.cpp       "
print(f"{name} prefill {512 / prefill:.1f}, decode {64 / decode:.1f} tokens per CPU-second")
