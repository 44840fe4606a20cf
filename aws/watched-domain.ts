/** A custom domain name as API Gateway and ACM describe it, for whoever watches over it. */
import { ACMClient, DescribeCertificateCommand } from "@aws-sdk/client-acm";
import { APIGatewayClient, GetDomainNameCommand } from "@aws-sdk/client-api-gateway";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface DomainDescription {
  readonly truststoreVersion?: string;
  /** What API Gateway finds wrong with the truststore; nothing else tells. */
  readonly warnings: readonly string[];
  readonly certificateArn?: string;
}

export class WatchedDomains {
  readonly #apiGateway: APIGatewayClient;
  readonly #acm: ACMClient;

  constructor(connection: Connection) {
    this.#apiGateway = new APIGatewayClient(clientConfiguration(connection, 10_000));
    this.#acm = new ACMClient(clientConfiguration(connection, 10_000));
  }

  async read(domainName: string): Promise<DomainDescription> {
    const domain = await this.#apiGateway.send(new GetDomainNameCommand({ domainName }));
    const { truststoreVersion, truststoreWarnings } = domain.mutualTlsAuthentication ?? {};
    const certificateArn = domain.regionalCertificateArn;
    return {
      ...(truststoreVersion ? { truststoreVersion } : {}),
      warnings: truststoreWarnings ?? [],
      ...(certificateArn ? { certificateArn } : {}),
    };
  }

  /** When the server's certificate ends; throws when ACM does not say. */
  async certificateEnd(certificateArn: string): Promise<Date> {
    const { Certificate } = await this.#acm.send(
      new DescribeCertificateCommand({ CertificateArn: certificateArn }),
    );
    if (!Certificate?.NotAfter) throw new Error("ACM names no end of the certificate");
    return Certificate.NotAfter;
  }
}
