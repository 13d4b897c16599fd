#!/usr/bin/env python3
"""compose.py PART: what board/linux/compose.yaml must hold. Ends with a traceback where it does not."""
import json
import os
import re
import subprocess
import sys

import yaml

HERE = "board/linux"
KEY = "key-of-the-container-tests"


def read(path):
    with open(path, encoding="utf-8") as opened:
        return opened.read()


SERVICES = yaml.safe_load(read(f"{HERE}/compose.yaml"))["services"]
GATEWAY, CLICKHOUSE = SERVICES["gateway"], SERVICES["clickhouse"]


def ports():
    assert GATEWAY["ports"] == ["3000:3000", "4000:3000"], GATEWAY["ports"]
    assert CLICKHOUSE["ports"] == ["127.0.0.1:8123:8123"], CLICKHOUSE["ports"]


def order():
    assert GATEWAY["depends_on"] == {"clickhouse": {"condition": "service_healthy"}}
    assert CLICKHOUSE["healthcheck"]["test"][-1].endswith(":8123/ping")


def keys():
    """No key of the composition's own: who starts it names one."""
    assert GATEWAY["environment"]["MOONGATE_KEY"].startswith("${MOONGATE_KEY:?")
    assert read("config/moongate-container.ini").count("env::MOONGATE_KEY") == 1


def targets():
    """What is mounted, and from where."""
    return {part[1]: part[0] for part in (volume.split(":") for volume in GATEWAY["volumes"])}


def state():
    """The paths of the image, of its configuration and of the composition are the same."""
    dockerfile = read(f"{HERE}/Dockerfile")
    folder = re.search(r'(?m)^state_dir = "(.*?)"', read("config/moongate-container.ini")).group(1)
    assert targets()[folder] == "state" and f"VOLUME {folder}\n" in dockerfile
    config = json.loads(re.search(r"(?m)^CMD (.*)", dockerfile).group(1))[1]
    assert os.path.samefile(f"{HERE}/{targets()[config]}", "config/moongate-container.ini")


def shut_in():
    assert GATEWAY["read_only"] is True and GATEWAY["cap_drop"] == ["ALL"]
    assert GATEWAY["security_opt"] == ["no-new-privileges:true"]


def health():
    """The image's own, for engines whose images have none."""
    own = re.search(r"CMD (\[\"/moongate\", \"--health.*\])", read(f"{HERE}/Dockerfile")).group(1)
    assert GATEWAY["healthcheck"]["test"] == ["CMD"] + json.loads(own), own


def starts():
    """The program takes the configuration with what the composition sets."""
    url = GATEWAY["environment"]["TENSORZERO_CLICKHOUSE_URL"]
    env = {"MOONGATE_KEY": KEY, "TENSORZERO_CLICKHOUSE_URL": re.sub(r"\$\{\w+:-(\w*)\}", r"\1", url)}
    program = os.environ["MOONGATE_PROGRAM"]
    done = subprocess.run([program, "--check", "-c", "config/moongate-container.ini"], env=env,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr


{part.__name__: part for part in (ports, order, keys, state, shut_in, health, starts)}[sys.argv[1]]()
