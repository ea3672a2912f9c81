"""Follows a long job with the example's code while its server is killed and started again. For python_client_test.sh."""
import os
import signal
import subprocess
import sys

from descent.v1 import job_pb2, job_service_pb2, job_service_pb2_grpc
from train_and_predict import connect, follow

STEPS = 300_000


def start_server(work):
    command = ["descentd", "--data-dir", f"{work}/data", "--listen", f"unix:{work}/socket"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert b"serves on" in server.stdout.readline()
    return server


def main():
    work, first_server = sys.argv[1], int(sys.argv[2])
    channel = connect(f"unix:{work}/socket")
    request = job_service_pb2.CreateJobRequest(job_id="long")
    request.spec.problem.function.name = "rosenbrock"
    request.spec.optimizer.sgd.learning_rate = 1e-5
    request.spec.stopping.max_steps = STEPS
    job = job_service_pb2_grpc.JobServiceStub(channel).CreateJob(request)

    server = None
    next_step = next_sequence = 0
    try:
        for record in follow(channel, job):
            assert record.first_sequence == next_sequence, (record.first_sequence, next_sequence)
            next_sequence = record.next_sequence
            if record.HasField("steps"):
                assert record.steps.first_step == next_step, (record.steps.first_step, next_step)
                assert len(record.steps.loss) == record.steps.row_count
                next_step += record.steps.row_count
                if server is None:
                    os.kill(first_server, signal.SIGKILL)
                    server = start_server(work)
    finally:
        server.kill()
    assert record.state_change.state == job_pb2.JOB_STATE_SUCCEEDED, record
    assert next_step == STEPS + 1, next_step
    print("every step once")


main()
