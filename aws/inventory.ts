/** What of ours is in an account: for the promise that `destroy` leaves nothing behind. */
import { ACMClient, ListCertificatesCommand } from "@aws-sdk/client-acm";
import { APIGatewayClient, GetDomainNamesCommand, GetRestApisCommand } from "@aws-sdk/client-api-gateway";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient, ListAliasesCommand, ListKeysCommand } from "@aws-sdk/client-kms";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import {
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { type Connection, clientConfiguration } from "./connection.ts";

/** Made before the stacks and outliving them: state buckets, the zone itself. */
const before = [/^bucket .*-state-\d{12}$/, /^record (NS|SOA) /, /^alias alias\/aws\//];

/** The roles of bootstrap. */
const foundation = /^role mtls-api-/;

/** One line a resource; the foundation's are left out unless they are asked for. Reads first pages only: an account of tests holds few. */
export async function inventory(
  connection: Connection,
  { withFoundation = false }: { readonly withFoundation?: boolean } = {},
): Promise<string[]> {
  const configuration = clientConfiguration(connection);
  const found = await Promise.all([
    buckets(new S3Client({ ...configuration, forcePathStyle: true })),
    named(
      "function",
      new LambdaClient(configuration).send(new ListFunctionsCommand({})),
      (page) => page.Functions,
      "FunctionName",
    ),
    named(
      "role",
      new IAMClient(configuration).send(new ListRolesCommand({})),
      (page) => page.Roles,
      "RoleName",
    ),
    named(
      "log group",
      new CloudWatchLogsClient(configuration).send(new DescribeLogGroupsCommand({})),
      (page) => page.logGroups,
      "logGroupName",
    ),
    named(
      "rule",
      new EventBridgeClient(configuration).send(new ListRulesCommand({})),
      (page) => page.Rules,
      "Name",
    ),
    named(
      "API",
      new APIGatewayClient(configuration).send(new GetRestApisCommand({})),
      (page) => page.items,
      "name",
    ),
    named(
      "domain",
      new APIGatewayClient(configuration).send(new GetDomainNamesCommand({})),
      (page) => page.items,
      "domainName",
    ),
    named(
      "certificate",
      new ACMClient(configuration).send(new ListCertificatesCommand({})),
      (page) => page.CertificateSummaryList,
      "DomainName",
    ),
    named(
      "alias",
      new KMSClient(configuration).send(new ListAliasesCommand({})),
      (page) => page.Aliases,
      "AliasName",
    ),
    tables(new DynamoDBClient(configuration)),
    keys(new KMSClient(configuration)),
    records(new Route53Client(configuration)),
  ]);
  const others = withFoundation ? before : [...before, foundation];
  return found.flat().filter((one) => !others.some((pattern) => pattern.test(one)));
}

async function named<Page, Item extends object>(
  kind: string,
  page: Promise<Page>,
  items: (page: Page) => readonly Item[] | undefined,
  name: keyof Item,
): Promise<string[]> {
  return (items(await page) ?? []).map((one) => `${kind} ${String(one[name])}`);
}

async function buckets(client: S3Client): Promise<string[]> {
  return named("bucket", client.send(new ListBucketsCommand({})), (page) => page.Buckets, "Name");
}

async function tables(client: DynamoDBClient): Promise<string[]> {
  const { TableNames } = await client.send(new ListTablesCommand({}));
  return (TableNames ?? []).map((name) => `table ${name}`);
}

/** Keys whose deletion is scheduled are as gone as KMS allows. */
async function keys(client: KMSClient): Promise<string[]> {
  const { Keys } = await client.send(new ListKeysCommand({}));
  const states = await Promise.all(
    (Keys ?? []).map(async ({ KeyId }) => {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      return KeyMetadata?.KeyState === "PendingDeletion" || KeyMetadata?.KeyManager === "AWS"
        ? []
        : [`key ${KeyId}`];
    }),
  );
  return states.flat();
}

async function records(client: Route53Client): Promise<string[]> {
  const { HostedZones } = await client.send(new ListHostedZonesCommand({}));
  const pages = await Promise.all(
    (HostedZones ?? []).map(({ Id }) => client.send(new ListResourceRecordSetsCommand({ HostedZoneId: Id }))),
  );
  return pages.flatMap(({ ResourceRecordSets }) =>
    (ResourceRecordSets ?? []).map(({ Type, Name }) => `record ${Type} ${Name}`),
  );
}
