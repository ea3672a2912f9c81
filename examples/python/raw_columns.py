#!/usr/bin/env python3
"""Replays a job's losses as raw memory: no Python object a value.

    PYTHONPATH=build/python python3 examples/python/raw_columns.py jobs/first

memoryview gives the columns without a copy; numpy.frombuffer(block.loss) gives an array the same way.
"""
import os
import sys

import raw_step_log_pb2
from descent.v1 import job_service_pb2
from train_and_predict import connect, local_address


def losses(channel, job):
    """The loss of every recorded row, block by block, as (first step, stride, doubles)."""
    watch = channel.unary_stream("/descent.v1.JobService/WatchJob",
                                 request_serializer=job_service_pb2.WatchJobRequest.SerializeToString,
                                 response_deserializer=raw_step_log_pb2.LogRecord.FromString)
    for record in watch(job_service_pb2.WatchJobRequest(name=job, columns=["loss"])):
        if record.HasField("steps"):
            block = record.steps
            yield block.first_step, block.step_stride, memoryview(block.loss).cast("d")


def main():
    with connect(os.environ.get("DESCENT_SERVER") or local_address()) as channel:
        rows, lowest = 0, float("inf")
        for _, _, column in losses(channel, sys.argv[1]):
            rows += len(column)
            lowest = min(lowest, min(column))
    print(f"{rows} rows, lowest loss {lowest:.6g}")


if __name__ == "__main__":
    main()
