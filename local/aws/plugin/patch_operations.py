"""ministack: PATCH keeps every value as the string that was sent, and does not decode `~1` in a path.

AWS: values keep the type of the field (a time-out stays a number, a switch a boolean), paths are JSON pointers
(RFC 6901), and a member of a list is added or removed by naming it. API Gateway API Reference, PatchOperation.
After a stock PATCH of an integration the provider cannot read it back.
"""


def apply():
    from ministack.services import apigateway_v1

    apigateway_v1._apply_patch = apply_patch


def apply_patch(target, operations):
    for operation in operations:
        tokens = [decode(token) for token in operation.get("path", "").lstrip("/").split("/")]
        change(target, tokens, operation.get("op", "replace"), operation.get("value"))
    return target


def decode(token):
    return token.replace("~1", "/").replace("~0", "~")


def change(target, tokens, verb, value):
    *path, last = tokens
    if not last:
        return
    for token in path:
        below = target.get(token)
        if isinstance(below, list):
            return change_list(below, last, verb)
        if not isinstance(below, dict):
            if verb == "remove":
                return
            below = target[token] = {}
        target = below
    if verb == "remove":
        target.pop(last, None)
    else:
        target[last] = typed(target.get(last), value)


def change_list(members, member, verb):
    if verb == "remove":
        members[:] = [one for one in members if one != member]
    elif member not in members:
        members.append(member)


def typed(before, value):
    """The new value with the type of the old one; what was not there before stays as sent."""
    if not isinstance(value, str):
        return value
    if isinstance(before, bool):
        return value.lower() == "true"
    if isinstance(before, int):
        return int(value)
    if isinstance(before, float):
        return float(value)
    return value
