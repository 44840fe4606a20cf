"""Starts the embedded AWS: ministack with our corrections, on loopback, with TLS, and with IAM enforced.

    launch.py FOLDER PORT REGION [STATE]

FOLDER gets the endpoint's certificate (tls/) and everything temporary; STATE, when given, keeps the state over a
stop. What must never differ between runs is set here, so that nobody who starts it can forget it. The process
ends when its standard input is closed: however the program that started it dies, nothing stays behind.
"""

import datetime
import ipaddress
import os
import signal
import sys
import threading
import time

# The state of a long run is written when it ends.
GRACE_SECONDS = 20


def main():
    folder, port, region, *state = sys.argv[1:]
    end_with_standard_input()
    certificate, key, authority = make_certificate(os.path.join(folder, "tls"))
    settings = {
        # Without these it would listen on all interfaces, and on further ports.
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": port,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        # Signatures are checked; identity, resource and trust policies are evaluated.
        "AUTH": "true",
        # Policies that ask for TLS are honoured.
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": certificate,
        "MINISTACK_SSL_KEY": key,
        # Lambda workers inherit these, and must believe in the endpoint's authority only.
        "NODE_EXTRA_CA_CERTS": authority,
        "AWS_CA_BUNDLE": authority,
        "REQUESTS_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
        # No containers, whatever this machine has.
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": "unix:///nonexistent",
        "TMPDIR": os.path.join(folder, "tmp"),
    }
    if state:
        settings |= {
            "PERSIST_STATE": "1",
            "STATE_DIR": os.path.join(state[0], "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": os.path.join(state[0], "s3"),
        }
    os.environ.update(settings)
    os.makedirs(settings["TMPDIR"], exist_ok=True)
    sys.argv = sys.argv[:1]

    # Imported only now: ministack reads its environment when it is imported.
    import outage
    import plugin
    from ministack import app

    plugin.apply()
    outage.apply(os.path.join(folder, "outage"))
    app.main()


def end_with_standard_input():
    """A thread that waits for the end of standard input, then ends this process and its children."""

    def wait():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        # Only when the group is our own: started by hand, it would be the shell's.
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def make_certificate(folder):
    """A certificate for 127.0.0.1 from an authority made for this run, whose key is never written."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.timezone.utc)

    def sign(subject, public_key, issuer, issuer_key, extensions):
        name = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(issuer_key, hashes.SHA256())

    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    authority_name = "mtls-api embedded AWS, this run only"
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = sign(
        authority_name,
        authority_key.public_key(),
        authority_name,
        authority_key,
        [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (x509.KeyUsage(**{**usage, "key_cert_sign": True}), True),
        ],
    )
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.DNSName("localhost"),
        # Buckets and API ids as host names: s3.127.0.0.1 is never asked for, *.localhost may be.
        x509.DNSName("*.localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    certificate = sign(
        "127.0.0.1",
        key.public_key(),
        authority_name,
        authority_key,
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.KeyUsage(**{**usage, "digital_signature": True}), True),
            (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName(names), False),
        ],
    )

    pem = serialization.Encoding.PEM
    os.makedirs(folder, mode=0o700, exist_ok=True)
    paths = [os.path.join(folder, name) for name in ("server.pem", "server.key", "ca.pem")]
    contents = [
        certificate.public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        authority.public_bytes(pem),
    ]
    for path, content in zip(paths, contents):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    return paths


if __name__ == "__main__":
    main()
