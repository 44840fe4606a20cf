/**
 * The one way in: a regional custom domain that asks for a client certificate and checks its chain against the
 * pinned version of the CA's truststore.
 */
import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate/index.js";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation/index.js";
import { ApiGatewayBasePathMapping } from "@cdktf/provider-aws/lib/api-gateway-base-path-mapping/index.js";
import { ApiGatewayDomainName } from "@cdktf/provider-aws/lib/api-gateway-domain-name/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage/index.js";
import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone/index.js";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment } from "#config/environment.ts";
import type { CaTrust } from "./ca-trust.ts";

export interface CustomDomainProps {
  readonly api: ApiEnvironment;
  readonly restApi: ApiGatewayRestApi;
  readonly stage: ApiGatewayStage;
  readonly trust: CaTrust;
  /** Of the zone's account, where that is another one. */
  readonly zoneProvider?: AwsProvider | undefined;
  /** What must stand before anybody can come in. */
  readonly ready: readonly ITerraformDependable[];
}

export class CustomDomain extends Construct {
  readonly certificateArn: string;

  constructor(scope: Construct, id: string, props: CustomDomainProps) {
    super(scope, id);
    const { api, restApi, stage, trust } = props;
    const inZone = props.zoneProvider ? { provider: props.zoneProvider } : {};
    const zone = new DataAwsRoute53Zone(this, "zone", { name: api.zone.name, ...inZone });
    this.certificateArn = this.#certificate(api.domain, zone.zoneId, inZone);
    const domain = new ApiGatewayDomainName(this, "domain", {
      domainName: api.domain,
      regionalCertificateArn: this.certificateArn,
      endpointConfiguration: { types: ["REGIONAL"] },
      // Mutual TLS cannot be combined with the enhanced policies; this one accepts TLS 1.2 and 1.3.
      securityPolicy: "TLS_1_2",
      mutualTlsAuthentication: {
        truststoreUri: trust.output("truststoreUri"),
        truststoreVersion: trust.output("truststoreVersion"),
      },
    });
    new ApiGatewayBasePathMapping(this, "mapping", {
      apiId: restApi.id,
      stageName: stage.stageName,
      domainName: domain.domainName,
      ...(props.ready.length > 0 ? { dependsOn: [...props.ready] } : {}),
    });
    new Route53Record(this, "record", {
      ...inZone,
      zoneId: zone.zoneId,
      name: api.domain,
      type: "CNAME",
      ttl: 300,
      records: [domain.regionalDomainName],
    });
  }

  /** The server's certificate, valid once its DNS record has been seen. */
  #certificate(domainName: string, zoneId: string, inZone: { provider?: AwsProvider }): string {
    const certificate = new AcmCertificate(this, "certificate", {
      domainName,
      validationMethod: "DNS",
      lifecycle: { createBeforeDestroy: true },
    });
    const proof = certificate.domainValidationOptions.get(0);
    const record = new Route53Record(this, "certificate-proof", {
      ...inZone,
      zoneId,
      name: proof.resourceRecordName,
      type: proof.resourceRecordType,
      ttl: 300,
      records: [proof.resourceRecordValue],
      allowOverwrite: true,
    });
    return new AcmCertificateValidation(this, "certificate-valid", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [record.fqdn],
    }).certificateArn;
  }
}
