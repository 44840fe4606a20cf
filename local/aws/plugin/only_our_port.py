"""ministack: with TLS it also listens on port 443 where it may.

A second system on the machine, or the reader's own server, would find the port taken. We listen where we said.
"""


def apply():
    from ministack import app

    app._port_is_bindable = lambda host, port: False
