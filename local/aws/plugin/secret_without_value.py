"""ministack: a secret that is made without a value has a version all the same, which the next value makes AWSPREVIOUS.

AWS: it has none, and GetSecretValue finds none until a value is put; the first one has no predecessor. Secrets Manager
API Reference, CreateSecret ("If you don't include SecretString or SecretBinary, … creates an empty secret").
"""


def apply():
    from ministack.services import secretsmanager

    stock = secretsmanager._store_new_secret

    def store_new_secret(name, secret_string=None, secret_binary=None, **others):
        arn, version = stock(name, secret_string=secret_string, secret_binary=secret_binary, **others)
        if secret_string is not None or secret_binary is not None:
            return arn, version
        secretsmanager._secrets[name]["Versions"].clear()
        return arn, None

    secretsmanager._store_new_secret = store_new_secret
