"""ministack: a mapping with an empty base path is kept under the empty name, where nothing finds it again.

AWS: an empty base path is called `(none)`. API Gateway API Reference, CreateBasePathMapping.
"""


def apply():
    from ministack.services import apigateway_v1

    create = apigateway_v1._create_base_path_mapping

    def create_base_path_mapping(domain_name, data):
        return create(domain_name, {**data, "basePath": data.get("basePath") or "(none)"})

    apigateway_v1._create_base_path_mapping = create_base_path_mapping
