"""An outage of one bucket, on order of whoever started this embedded AWS: what S3 is like when it is not well.

The order is a file in the run's own folder, `BUCKET busy` or `BUCKET silent`; while it is there, S3 answers every
request for that bucket 503 SlowDown, or not at all. Nothing listens for it, and no function knows of it: the
deployed code meets an outage as it would on AWS.
"""

import asyncio

SECONDS_BETWEEN_LOOKS = 0.1
BUSY = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'


def apply(order):
    from ministack.services import s3

    stock = s3.handle_request

    async def handle_request(method, path, headers, body, query_params):
        bucket, _ = s3._parse_bucket_key(path, headers)
        while (kind := ordered(order, bucket)) == "silent":
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        if kind == "busy":
            return 503, {"Content-Type": "application/xml"}, b"" if method == "HEAD" else BUSY
        return await stock(method, path, headers, body, query_params)

    s3.handle_request = handle_request


def ordered(order, bucket):
    try:
        with open(order, encoding="ascii") as file:
            name, kind = file.read().split()
    except FileNotFoundError:
        return None
    return kind if name == bucket else None
