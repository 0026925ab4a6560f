"""`make aws-demo`: the demo school on Rekognition, DynamoDB and S3, all of them on this machine.

Everything is created again at each start: the local DynamoDB and S3 keep nothing beyond their process.
"""

import argparse
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.aws.mode import ROOT, PortTaken, Web, aws_mode, environment, manage, prepare, require_free, stop, worker
from tests.aws.servers import LocalRekognition, Ministack, MinistackMissing, ServerDidNotStart

FOLDER = ROOT / "var" / "aws-demo"


def main() -> int:
    parser = argparse.ArgumentParser(description="The demo school in AWS mode, against local servers.")
    parser.add_argument("--port", type=int, default=8000, help="where the portal is to be")
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        require_free(port)  # before anything is started, or an earlier demo's data is deleted under it
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        with ExitStack() as running:
            serve(FOLDER, port, running)
    except (MinistackMissing, PortTaken, ServerDidNotStart, TimeoutError) as error:
        say(str(error))
    except KeyboardInterrupt:
        return 0
    return 1


def serve(folder: Path, port: int, running: ExitStack) -> None:
    """Start everything, one after the other, and watch it. Returns if a process ends; `running` stops the others."""
    say("Starting the local Rekognition, DynamoDB and S3 …")
    rekognition = running.enter_context(LocalRekognition.start())
    ministack = running.enter_context(Ministack.start())
    env = environment(folder, **aws_mode(rekognition=rekognition.url, ministack=ministack.url))
    prepare(env)
    manage(env, "seed_demo", "--url", f"http://127.0.0.1:{port}")
    manage(env, "provision_aws", "--check")
    web, helper = Web(env, port=port), worker(env)
    running.callback(stop, helper)
    running.callback(web.stop)
    web.wait_until_ready()
    say(f"Rekognition is at {rekognition.url}, DynamoDB and S3 at {ministack.url}. Stop with Ctrl-C.")
    while all(process.poll() is None for process in (web.process, helper)):
        time.sleep(0.5)
    say("A process has ended; stopping the others.")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
