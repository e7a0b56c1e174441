#!/usr/bin/env python3
"""pinakes and llama.cpp on the same weights, threads and prompts, one after the other, repeated; prints medians and their ratios as a
Markdown table.

llama.cpp is built from the source in the PyPI package llama-cpp-python (0.3.36 holds commit 0c1e570), with cmake and ninja from PyPI; the
weights are random in Qwen3.5-0.8B's shape, made by random_gguf.py and quantised by llama.cpp. Takes about 10 minutes the first time, most
of it building.

    pip install cmake ninja gguf numpy
    python3 benches/peers/llama_cpp.py --pinakes target/release/pinakes --work DIR [--types Q4_K_M,Q8_0] [--depths 0,4096,16384]
        [--kv f16|q8]: how both keep keys and values
"""
import argparse, json, os, re, statistics, subprocess, sys, tarfile, urllib.parse, urllib.request

VERSION = "0.3.36"
HERE = os.path.dirname(os.path.abspath(__file__))


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def package_index():
    configured = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], text=True, capture_output=True)
    return (configured.stdout.strip() or "https://pypi.org/simple").rstrip("/")


def build(work):
    """llama-bench and llama-quantize, for this very machine."""
    out = os.path.join(work, "build")
    programs = [os.path.join(out, "bin", name) for name in ("llama-bench", "llama-quantize")]
    if all(map(os.path.exists, programs)):
        return programs
    page = f"{package_index()}/llama-cpp-python/"
    links = re.findall(r'href="([^"]+)"', urllib.request.urlopen(page).read().decode())
    link = next(link for link in links if VERSION in link and ".tar.gz" in link)
    archive, _ = urllib.request.urlretrieve(urllib.parse.urljoin(page, link))
    with tarfile.open(archive) as tar:
        tar.extractall(work, filter="data")
    source = os.path.join(work, f"llama_cpp_python-{VERSION}", "vendor", "llama.cpp")
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", "-DLLAMA_CURL=OFF", "-DLLAMA_BUILD_TESTS=OFF",
               "-DLLAMA_BUILD_SERVER=OFF", "-DBUILD_SHARED_LIBS=OFF"]
    run("cmake", "-S", source, "-B", out, "-G", "Ninja", *options)
    run("cmake", "--build", out, "--target", "llama-bench", "llama-quantize")
    return programs


def weights(work, quantize, size, kind):
    whole, path = os.path.join(work, f"{size}.gguf"), os.path.join(work, f"{size}-{kind}.gguf")
    if not os.path.exists(whole):
        run(sys.executable, os.path.join(HERE, "random_gguf.py"), size, whole)
    if not os.path.exists(path):
        run(quantize, whole, path, kind, stderr=subprocess.DEVNULL)
    return path


def theirs(bench, path, threads, prompt, generate, depth, kv):
    kept = ["-ctk", "q8_0", "-ctv", "q8_0", "-fa", "1"] if kv == "q8" else []  # 8-bit values ask for flash attention
    rows = json.loads(run(bench, "-m", path, "-t", str(threads), "-p", str(prompt), "-n", str(generate), "-d", str(depth), "-r", "1",
                          "-o", "json", *kept, stderr=subprocess.DEVNULL))
    return tuple(next(row["avg_ts"] for row in rows if row[kind]) for kind in ("n_prompt", "n_gen"))


def ours(pinakes, path, threads, prompt, generate, depth, kv):
    def bench(prompt):
        return json.loads(run(pinakes, "--set", f"generator.kv={kv}", "bench", "engine", "--model", path, "--threads", str(threads),
                              "--prompt", str(prompt), "--generate", str(generate), "--depth", str(depth), "--json"))

    report = bench(prompt)
    # llama-bench writes at `depth`, not after the prompt too. Far down that is an eighth at the most, to our disadvantage, and reading so
    # far once more would take minutes.
    writing = report if depth >= 8 * prompt else bench(1)
    return report["prefill_tok_s"], writing["decode_tok_s"], report["peak_rss_bytes"], report["load_seconds"]


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--pinakes", required=True)
    flags.add_argument("--work", required=True, help="where the peer and the weights are kept")
    flags.add_argument("--size", default="0.8b")
    flags.add_argument("--types", default="Q4_K_M,Q8_0")
    flags.add_argument("--depths", default="0,4096,16384")
    flags.add_argument("--prompt", type=int, default=512)
    flags.add_argument("--generate", type=int, default=32)
    flags.add_argument("--threads", type=int, default=os.cpu_count())
    flags.add_argument("--repeat", type=int, default=3)
    flags.add_argument("--kv", choices=("f16", "q8"), default="f16")
    flags = flags.parse_args()
    os.makedirs(flags.work, exist_ok=True)
    bench, quantize = build(flags.work)
    print("| weights, depth | prefill pinakes / llama.cpp | ratio | decode pinakes / llama.cpp | ratio | load, memory |")
    print("|---|---|---|---|---|---|")
    for kind in flags.types.split(","):
        path = weights(flags.work, quantize, flags.size, kind)
        for depth in map(int, flags.depths.split(",")):
            shape = (path, flags.threads, flags.prompt, flags.generate, depth, flags.kv)
            pairs = [(ours(flags.pinakes, *shape), theirs(bench, *shape)) for _ in range(flags.repeat)]
            median = lambda side, figure: statistics.median(pair[side][figure] for pair in pairs)
            reading, writing = (median(0, 0), median(1, 0)), (median(0, 1), median(1, 1))
            memory, load = median(0, 2) / os.path.getsize(path), median(0, 3)
            print(f"| {flags.size} {kind}, {flags.kv} keys and values, {depth} | {reading[0]:.0f} / {reading[1]:.0f} | {reading[0] / reading[1]:.2f} "
                  f"| {writing[0]:.1f} / {writing[1]:.1f} | {writing[0] / writing[1]:.2f} | {load:.2f} s, {memory:.2f} of the file |",
                  flush=True)


if __name__ == "__main__":
    main()
