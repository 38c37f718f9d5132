"""Assay, EZKL and JSTprove on one linear step of the same integers; scripts/bench-zk.sh runs this.

    bench_zk.py FOLDER LINEAR_STEP        everything, ends with a table
    bench_zk.py stage NAME FOLDER ROWS    one stage of another prover, in a process of its own

Every stage is a process whose times and peak memory the kernel reports. Time limit and memory limit hold for each; if a
prover fails on all 1536 outputs, it is tried on fewer.
"""
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

COLS, ROWS = 576, 1536
FEWER_ROWS = (768, 192, 48)
SECONDS, BYTES = 15 * 60, 18 << 30
REPEATS = 9
FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
EZKL_LOGROWS, EZKL_COLUMNS = 19, 2


class Failed(Exception):
    pass


def timed(work):
    """Wall seconds, processor seconds of this process, result."""
    start, before = time.perf_counter(), time.process_time()
    out = work()
    return time.perf_counter() - start, time.process_time() - before, out


def resident(session):
    """Bytes that the processes of a session hold in memory."""
    pages = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session:
                    pages += int((entry / "statm").read_text().split()[1])
            except (OSError, ValueError):
                pass
    return pages * resource.getpagesize()


def run(command, cwd, expect=0):
    """Wall and processor seconds, peak bytes and last line of output of a process."""
    log = cwd / "stage.log"
    with log.open("wb") as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        ended, reason = 0, None
        while not ended:
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            wall = time.perf_counter() - start
            if ended:
                break
            if wall > SECONDS:
                reason = f"stopped after {SECONDS} s"
            elif resident(child.pid) > BYTES:
                reason = f"stopped at {BYTES >> 30} GiB"
            if reason:
                os.killpg(child.pid, signal.SIGKILL)
                ended, status, usage = os.wait4(child.pid, 0)
            # Short stages are timed to the millisecond, long ones are left alone.
            time.sleep(0.001 if wall < 5 else 0.1)
    child.returncode = code = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    if reason or (code == 0) != (expect == 0):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        errors = [line for line in lines if re.search("error|panick", line, re.I)]
        raise Failed(reason or f"exit status {code}: {(errors or lines or ['no output'])[-1][:300]}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "peak": usage.ru_maxrss * 1024, "text": text}


def reported(result):
    """The JSON line that ends a stage's output."""
    return {**result, **json.loads(result["text"].strip().splitlines()[-1])}


def repeated(once, times=REPEATS):
    """Medians of what several processes report, and the spread of their processor time."""
    results = [once() for _ in range(times)]
    numbers = [key for key, value in results[0].items() if isinstance(value, float)]
    medians = {key: statistics.median(r[key] for r in results) for key in numbers}
    spread = statistics.stdev(r["cpu"] for r in results)
    return {**results[0], **medians, "peak": max(r["peak"] for r in results), "spread": spread}


def step(folder, rows):
    """Weights [row][column], x and acc of the first `rows` outputs, as linear_step wrote them."""
    w = np.fromfile(folder / "w.i32", np.int32).reshape(ROWS, COLS)[:rows]
    return w, np.fromfile(folder / "x.i16", np.int16), np.fromfile(folder / "acc.i64", np.int64)[:rows]


def onnx_model(w, path):
    """y = x·Wᵀ. Every |w| < 2^15 is exact in the floats of the file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def value(name, n):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n])

    weights = [numpy_helper.from_array(w.T.astype(np.float32), "w"), numpy_helper.from_array(np.zeros(len(w), np.float32), "b")]
    # JSTprove wants all of these attributes and a bias; EZKL drops a bias of zeros.
    gemm = helper.make_node("Gemm", ["x", "w", "b"], ["y"], name="gemm", alpha=1.0, beta=1.0, transA=0, transB=0)
    graph = helper.make_graph([gemm], "step", [value("x", w.shape[1])], [value("y", len(w))], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)


# EZKL -------------------------------------------------------------------------------------------------------------------


def ezkl_srs(folder, rows):
    import ezkl

    ezkl.gen_srs("srs", EZKL_LOGROWS)
    return {}


def ezkl_setup(folder, rows):
    import ezkl

    w, x, _ = step(folder, rows)
    onnx_model(w, "model.onnx")
    Path("input.json").write_text(json.dumps({"input_data": [x.astype(float).tolist()]}))
    args = ezkl.PyRunArgs()
    args.input_scale = args.param_scale = 0
    args.logrows, args.num_inner_cols = EZKL_LOGROWS, EZKL_COLUMNS
    args.input_visibility, args.output_visibility, args.param_visibility = "public", "public", "fixed"
    args.ignore_range_check_inputs_outputs = True
    ezkl.gen_settings("model.onnx", "settings.json", py_run_args=args)
    ezkl.compile_circuit("model.onnx", "circuit", "settings.json")
    ezkl.setup("circuit", "vk", "pk", "srs")
    settings = json.loads(Path("settings.json").read_text())
    return {"rows_of_circuit": settings["num_rows"], "logrows": settings["run_args"]["logrows"]}


def ezkl_prove(folder, rows):
    import ezkl

    _, witness, _ = timed(lambda: ezkl.gen_witness("input.json", "circuit", "witness.json"))
    seconds, cpu, _ = timed(lambda: ezkl.prove("witness.json", "circuit", "pk", "proof.json", "srs"))
    outputs = json.loads(Path("witness.json").read_text())["outputs"][0]
    exact = [ezkl.felt_to_int(f) for f in outputs] == step(folder, rows)[2].tolist()
    proof = json.loads(Path("proof.json").read_text())
    return {"call_wall": seconds, "call_cpu": cpu, "witness_cpu": witness, "exact": exact, "proof_bytes": len(proof["proof"])}


def ezkl_verify(folder, rows):
    import ezkl

    seconds, cpu, accepted = timed(lambda: ezkl.verify("proof.json", "settings.json", "vk", "srs"))
    return {"call_wall": seconds, "call_cpu": cpu, "accepted": accepted}


def ezkl_refuse(folder, rows):
    import ezkl

    wrong = json.loads(Path("proof.json").read_text())
    digits = wrong["instances"][0][-1]
    wrong["instances"][0][-1] = ("1" if digits[0] == "0" else "0") + digits[1:]
    Path("wrong.json").write_text(json.dumps(wrong))
    try:
        return {"accepted": ezkl.verify("wrong.json", "settings.json", "vk", "srs")}
    except RuntimeError:
        return {"accepted": False}


def ezkl(folder, rows):
    work = fresh(folder / "ezkl")
    stage = lambda name: reported(run(stage_command(name, folder, rows), work))
    srs = stage("ezkl_srs")
    setup, prove = stage("ezkl_setup"), stage("ezkl_prove")
    verify = repeated(lambda: stage("ezkl_verify"))
    checked(prove["exact"], verify["accepted"], not stage("ezkl_refuse")["accepted"])
    return {
        "setup": setup,
        "srs": srs,
        "prover_key": size(work, "pk", "circuit"),
        "srs_bytes": size(work, "srs"),
        "verifier_key": size(work, "vk"),
        "prove": prove,
        "verify": verify,
        "proof": prove["proof_bytes"],
    }


# JSTprove ---------------------------------------------------------------------------------------------------------------


def jst_circuit(folder, rows, run_type, **files):
    """Without rescaling, on integers: what its command line cannot be told, but its classes can."""
    from python.core.circuit_models.generic_onnx import GenericModelONNX
    from python.core.circuits.base import CircuitExecutionConfig
    from python.core.utils.helper_functions import RunType

    circuit = GenericModelONNX("model.onnx")
    circuit.scale_exponent, circuit.rescale_config = 0, {"gemm": False}
    circuit.onnx_path = circuit.model_path = "model.onnx"
    circuit.base_testing(
        CircuitExecutionConfig(run_type=getattr(RunType, run_type), circuit_path="circuit.txt", dev_mode=False, **files)
    )
    return {}


def jst_setup(folder, rows):
    w, x, _ = step(folder, rows)
    onnx_model(w, "model.onnx")
    Path("input.json").write_text(json.dumps({"input": x.tolist()}))
    return jst_circuit(folder, rows, "COMPILE_CIRCUIT")


def jst_witness(folder, rows):
    files = {"input_file": "input.json", "output_file": "output.json", "witness_file": "witness"}
    jst_circuit(folder, rows, "GEN_WITNESS", **files)
    output, acc = np.array(json.loads(Path("output.json").read_text())["output"]), step(folder, rows)[2]
    return {"exact": np.array_equal(output, acc)}


def jst_scaled_model(folder, rows, k=12):
    """The same integers as fixed-point numbers of `k` places, for the command line's own scaling by 2^18."""
    w, x, _ = step(folder, rows)
    onnx_model(w / 2**k, "model.onnx")
    Path("input.json").write_text(json.dumps({"input": (x / 2**k).tolist()}))
    return {}


def jst_scaled_check(folder, rows, k=12):
    """acc·2^−2k, scaled by 2^18: within one of what the circuit gave."""
    output = np.array(json.loads(Path("output.json").read_text())["output"])
    difference = output - step(folder, rows)[2] / 2.0 ** (2 * k - 18)
    return {"exact": bool(np.abs(difference).max() <= 1)}


def with_wrong_output(witness, acc):
    """The witness file with the first output raised by one."""
    value = int(acc) % FIELD
    old, new = (v.to_bytes(32, "little") for v in (value, value + 1))
    if witness.count(old) == 0:
        raise Failed("the output is not in the witness file")
    return witness.replace(old, new)


def jst(folder, rows, scaled):
    import python.core

    work = fresh(folder / "jst")
    stage = lambda name: reported(run(stage_command(name, folder, rows), work))
    if scaled:
        command = [str(Path(sys.prefix) / "bin" / "jst"), "--no-banner"]
        stage("jst_scaled_model")
        setup = run([*command, "compile", "-m", "model.onnx", "-c", "circuit.txt"], work)
        witness = ["witness", "-c", "circuit.txt", "-i", "input.json", "-o", "output.json", "-w", "witness"]
        witness = run([*command, *witness], work)
        exact = stage("jst_scaled_check")["exact"]
        value = json.loads((work / "output.json").read_text())["output"][0]
    else:
        setup, witness = stage("jst_setup"), stage("jst_witness")
        exact, value = witness["exact"], step(folder, rows)[2][0]
    binary = Path(python.core.__file__).parent / "binaries" / "expander-exec"
    expander = [str(binary), "-p", "Hyrax"]
    files = ["-c", "circuit.txt", "-w", "witness"]
    prove = repeated(lambda: run([*expander, "prove", *files, "-o", "proof"], work))
    (work / "empty").write_bytes(b"")
    (work / "wrong").write_bytes(with_wrong_output((work / "witness").read_bytes(), value))
    verify = repeated(lambda: run([*expander, "verify", *files, "-i", "proof"], work))
    # Fails at the proof, after circuit and witness are loaded.
    loading = repeated(lambda: run([*expander, "verify", *files, "-i", "empty"], work, expect=1))
    run([*expander, "verify", "-c", "circuit.txt", "-w", "wrong", "-i", "proof"], work, expect=1)
    checked(exact, True, True)
    for result in (prove, verify):
        result["call_cpu"] = result["cpu"] - loading["cpu"]
        result["noise"] = 2 * (result["spread"] + loading["spread"])
    return {
        "setup": setup,
        "witness": witness,
        "loading": loading,
        "prover_key": size(work, "circuit.txt"),
        "verifier_key": size(work, "circuit.txt"),
        "witness_bytes": size(work, "witness"),
        "prove": prove,
        "verify": verify,
        "proof": size(work, "proof"),
    }


# Assay ------------------------------------------------------------------------------------------------------------------


def assay(binary, folder, kind):
    def stage(*args):
        result = reported(run([binary, *args, "."], folder))
        return {**result, "peak": result["peak_bytes"], "call_cpu": result["cpu_seconds"]}

    setup = stage("setup", kind)
    prove, verify = repeated(lambda: stage("prove")), repeated(lambda: stage("verify"))
    checked(True, verify["accepted"], not stage("refuse")["accepted"])
    return {
        "setup": setup,
        "srs_bytes": setup["powers_bytes"],
        "prover_key": setup["tiles_bytes"],
        # With one power of tau in G2 for the width and [τ]₂.
        "verifier_key": setup["tiles_bytes"] + 2 * 64,
        "prove": prove,
        "verify": verify,
        "proof": prove["proof_bytes"],
    }


# All of it --------------------------------------------------------------------------------------------------------------


def stage_command(name, folder, rows):
    return [sys.executable, os.path.abspath(__file__), "stage", name, str(folder), str(rows)]


def fresh(work):
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return work


def size(work, *names):
    return sum((work / name).stat().st_size for name in names)


def checked(exact, accepted, refused):
    if not (exact and accepted and refused):
        raise Failed(f"outputs equal: {exact}, proof accepted: {accepted}, wrong output refused: {refused}")


def with_fewer_rows(prover):
    """Results of the largest shape that works, and why the larger ones did not."""
    reasons = []
    for rows in (ROWS, *FEWER_ROWS):
        try:
            return rows, prover(rows), reasons
        except Failed as e:
            reasons.append(f"576 to {rows}: {e}")
            print(f"  {reasons[-1]}", flush=True)
    return 0, None, reasons


def bytes_text(n):
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if n >= scale:
            return f"{n / scale:.3g} {unit}"
    return f"{n} bytes"


def seconds_text(s):
    return f"{s:.3g} s" if s >= 0.1 else f"{s * 1e3:.2g} ms"


def call_text(result):
    """Processor time of the call; for JSTprove what is left of the process without loading, if that can be seen."""
    noise = result.get("noise", 0)
    return seconds_text(result["call_cpu"]) if result["call_cpu"] > noise else f"under {seconds_text(noise)}"


def ratio_text(value, base):
    return f"{value / base:.2g}" if value < 100 * base else f"{value / base:,.0f}"


def table(results):
    base = results[0][2]
    head = ["", "set-up", "prover's, verifier's key", "prove: call, process", "verify: call, process", "proof"]
    head += ["peak memory: set-up, prove, verify", "times Assay's: prove, verify (processes), proof"]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for name, rows, r, reasons in results:
        if r is None:
            print(f"| {name} | did not work: {'; '.join(reasons)} |" + " |" * (len(head) - 2))
            continue
        if rows != ROWS:
            name += f", **576 to {rows} only** ({'; '.join(reasons)})"
        prove, verify, setup = r["prove"], r["verify"], r["setup"]
        ratio = [ratio_text(r[k]["cpu"], base[k]["cpu"]) for k in ("prove", "verify")] + [ratio_text(r["proof"], base["proof"])]
        cells = [
            name,
            seconds_text(setup.get("call_cpu", setup["cpu"])),
            f"{bytes_text(r['prover_key'])}, {bytes_text(r['verifier_key'])}",
            f"{call_text(prove)}, {seconds_text(prove['cpu'])}",
            f"{call_text(verify)}, {seconds_text(verify['cpu'])}",
            f"{r['proof']:,} bytes",
            ", ".join(bytes_text(s["peak"]) for s in (setup, prove, verify)),
            ", ".join(ratio) if rows == ROWS else "not comparable",
        ]
        print("| " + " | ".join(cells) + " |")


def main(folder, binary):
    folder = fresh(Path(folder).resolve() / "work")
    os.environ["OPAL_PREFIX"] = sys.prefix
    os.environ["LD_LIBRARY_PATH"] = str(Path(sys.prefix) / "lib")
    results = []
    for kind in ("q4_1", "q8_0"):
        print(f"Assay, {kind}", flush=True)
        (folder / kind).mkdir()
        results.append((f"Assay, {kind.upper()}", ROWS, assay(os.path.abspath(binary), folder / kind, kind), []))
    others = [
        ("JSTprove 2.1.0, integers, no rescaling", lambda rows: jst(folder / "q4_1", rows, False)),
        ("JSTprove 2.1.0, its command line: scale 2^18, rescaled", lambda rows: jst(folder / "q4_1", rows, True)),
        (f"EZKL 23.0.5, scale 1, 2^{EZKL_LOGROWS} rows, {EZKL_COLUMNS} columns", lambda rows: ezkl(folder / "q4_1", rows)),
    ]
    for name, prover in others:
        print(name, flush=True)
        results.append((name, *with_fewer_rows(prover)))
    for result in results:
        for value in (result[2] or {}).values():
            if isinstance(value, dict):
                value.pop("text", None)
    report = folder / "results.json"
    report.write_text(json.dumps([{"name": n, "rows": k, "result": r, "failed": f} for n, k, r, f in results], indent=1))
    print(f"\nall figures, wall times among them: {os.path.relpath(report)}\n\nprocessor time of all cores:\n")
    table(results)
    print(f"\nload average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    if sys.argv[1] == "stage":
        name, folder, rows = sys.argv[2:]
        print(json.dumps(globals()[name](Path(folder), int(rows))))
    else:
        main(*sys.argv[1:])
