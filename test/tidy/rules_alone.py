"""Each header compiles without another before it, and so do the sources that only some builds have: the fuzz targets,
the simulated world, the bench. Nothing is built; it takes some seconds."""
import concurrent.futures
import os
import subprocess

DEPS = "build/deps/src"
# Without warnings: those are for the builds.
COMPILER = ["cc", "-std=c11", "-fsyntax-only", "-w", "-x", "c", "-D_GNU_SOURCE", '-DMOONGATE_VERSION="0"',
            '-DMOONGATE_BOARD="linux"', '-DMBEDTLS_CONFIG_FILE="config/mbedtls_config.h"', "-I.",
            f"-isystem{DEPS}/mbedtls/include", f"-isystem{DEPS}/inih", f"-isystem{DEPS}/jsmn"]
HEADERS = ("core/", "port/", "board/linux/", "test/unit/")
SOURCES = ("test/fuzz/", "test/sim/", "test/bench/")


def first_error(name):
    said = subprocess.run([*COMPILER, name], capture_output=True, text=True, check=False)
    errors = [line for line in said.stderr.splitlines() if "error:" in line]
    return f"{name} does not compile alone: {errors[0] if errors else said.stderr}" if said.returncode else None


def compiles_alone(tree):
    names = [name for name, _ in tree.c(*HEADERS, suffix=".h")
             if not name.startswith("port/lwip/")] # which needs lwIP's
    names += [name for name, _ in tree.c(*SOURCES)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [fault for fault in pool.map(first_error, names) if fault]
