#!/usr/bin/env python3
"""Uploads a table, trains a model on it, follows every step to the end, and predicts.

    PYTHONPATH=build/python python3 examples/python/train_and_predict.py examples/data/iris.csv

The server is that of --server or DESCENT_SERVER, or this user's own on the local socket. build/python holds the generated
code, see docs/clients.md.
"""
import argparse
import os
import sys
import time
import zlib

import grpc

from descent.v1 import dataset_pb2, dataset_service_pb2, dataset_service_pb2_grpc
from descent.v1 import error_details_pb2
from descent.v1 import job_pb2, job_service_pb2, job_service_pb2_grpc, job_spec_pb2
from descent.v1 import model_service_pb2, model_service_pb2_grpc

MESSAGE_BYTES = 256 << 10  # of file data; a message has at most 1 MiB


def local_address():
    """Where descentd listens unless told otherwise."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return f"unix:{runtime}/descent/descent.sock" if runtime else f"unix:/tmp/descent-{os.getuid()}/descent.sock"


def connect(address):
    """A channel that notices a dead connection within 40 s."""
    return grpc.insecure_channel(address, options=[
        ("grpc.keepalive_time_ms", 30_000),  # the server permits a ping every 10 s
        ("grpc.keepalive_timeout_ms", 10_000),
    ])


def upload(channel, path):
    """Sends a file in pieces, each with its CRC-32, and makes a dataset of it. Goes on where it stopped after a cut."""
    datasets = dataset_service_pb2_grpc.DatasetServiceStub(channel)
    size = os.path.getsize(path)
    started = datasets.StartUpload(
        dataset_service_pb2.StartUploadRequest(file_name=os.path.basename(path), size_bytes=size))

    def pieces(offset):
        with open(path, "rb") as file:
            file.seek(offset)
            while True:
                data = file.read(MESSAGE_BYTES)
                yield dataset_service_pb2.WriteUploadRequest(
                    name=started.name, offset=offset, data=data, crc32=zlib.crc32(data), finish=offset + len(data) == size)
                offset += len(data)
                if offset >= size:
                    return

    while True:
        try:
            state = datasets.GetUpload(dataset_service_pb2.GetUploadRequest(name=started.name))
            if not state.complete:
                datasets.WriteUpload(pieces(state.committed_bytes))
            return datasets.CreateDataset(dataset_service_pb2.CreateDatasetRequest(upload=started.name))
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(1)


def submit(channel, dataset):
    """Softmax regression by Adam on standardised features, a fifth of the rows held out."""
    spec = job_spec_pb2.JobSpec()
    spec.problem.dataset.dataset = dataset.name
    spec.problem.dataset.model.softmax.SetInParent()
    spec.problem.dataset.preprocessing.scaling = job_spec_pb2.SCALING_STANDARDIZE
    spec.optimizer.adam.learning_rate = 0.05
    spec.stopping.max_steps = 2000
    spec.evaluation.held_out_fraction = 0.2
    spec.evaluation.every.steps = 500
    return job_service_pb2_grpc.JobServiceStub(channel).CreateJob(job_service_pb2.CreateJobRequest(spec=spec))


def follow(channel, job):
    """Every record of the job's log, once, through cuts of the connection and restarts of the server."""
    jobs = job_service_pb2_grpc.JobServiceStub(channel)
    request = job_service_pb2.WatchJobRequest(name=job.name, uid=job.uid)
    while True:
        try:
            for record in jobs.WatchJob(request):
                request.start_sequence = record.next_sequence  # the cursor: where to go on
                yield record
            return  # OK comes only after the record of a terminal state
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(0.2)


def predict(channel, job, row):
    """The likeliest class of one row, given as a dict of numbers."""
    rows = dataset_pb2.Table(row_count=1)
    for name, value in row.items():
        rows.columns.add(name=name, numbers=[value])
    models = model_service_pb2_grpc.ModelServiceStub(channel)
    return models.Predict(model_service_pb2.PredictRequest(job=job.name, rows=rows))


def error_details(error):
    """The ErrorInfo and the field violations of a refused call. Both are empty when the connection was lost instead."""
    info, violations = error_details_pb2.ErrorInfo(), []
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in error_details_pb2.ErrorStatus.FromString(value).details:
            # By the name at the end: the type URLs are those of google.rpc, see error_details.proto.
            kind = detail.type_url.rsplit(".", 1)[-1]
            if kind == "ErrorInfo":
                info = error_details_pb2.ErrorInfo.FromString(detail.value)
            elif kind == "BadRequest":
                violations = error_details_pb2.BadRequest.FromString(detail.value).field_violations
    return info, violations


def run(channel, path):
    dataset = upload(channel, path)
    print(f"{dataset.name}: {dataset.row_count} rows")
    job = submit(channel, dataset)
    rows = 0
    for record in follow(channel, job):
        kind = record.WhichOneof("record")
        if kind == "steps":
            rows += record.steps.row_count
        elif kind == "evaluation":
            print(f"step {record.evaluation.step:5}  held-out loss {record.evaluation.held_out.loss:.4f}")
        elif kind == "state_change":
            print(f"{job.name}: {job_pb2.JobState.Name(record.state_change.state)}")
    print(f"{rows} rows")
    answer = predict(channel, job, {"sepal_length_cm": 5.1, "sepal_width_cm": 3.5,
                                    "petal_length_cm": 1.4, "petal_width_cm": 0.2})
    print(f"predicted: {answer.labels[0]} with probability {max(answer.probabilities):.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default=os.environ.get("DESCENT_SERVER") or local_address())
    parser.add_argument("file")
    arguments = parser.parse_args()
    with connect(arguments.server) as channel:
        try:
            run(channel, arguments.file)
        except grpc.RpcError as error:
            info, violations = error_details(error)
            print(f"error: {info.reason or error.code().name}: {error.details()}", file=sys.stderr)
            for violation in violations:
                print(f"  {violation.field}: {violation.description}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
