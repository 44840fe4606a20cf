/** ca-mirror: fresh CRLs of another authority into the external bucket, on schedule and at every deployment. */
import { readObject } from "#aws/read-object.ts";
import { S3ExternalBucket } from "#aws/s3-external-bucket.ts";
import { mirrorCrls } from "#ca/mirror-crls.ts";
import { mirroredLists } from "#ca/mirrored-lists.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { type MirrorResult, parseMirrorConfiguration } from "#contract/mirror.ts";
import { clock, type Invocation, named, ownConnection } from "#lambdas/shared/ca-function.ts";
import { jsonLog } from "#lambdas/shared/json-log.ts";

const environment = readEnvironment("ca-mirror", process.env);
const connection = ownConnection(process.env);
const bucket = new S3ExternalBucket(connection, environment.EXTERNAL_BUCKET);
const configuration = parseMirrorConfiguration(environment.MIRROR);

/** The event says nothing: what is copied is the configuration's. */
export async function handler(_event: unknown, { awsRequestId }: Invocation): Promise<MirrorResult> {
  const log = jsonLog({ function: "ca-mirror", requestId: awsRequestId });
  try {
    const lists = await mirroredLists(bucket, environment.TRUSTSTORE_SHA256, configuration);
    const result = await mirrorCrls(
      {
        fetch: ({ bucket: name, key, region }) => readObject({ ...connection, region }, name, key),
        ...{ bucket, clock, log },
      },
      lists,
    );
    for (const crl of result.crls) log("crl-mirrored", { ...crl });
    return result;
  } catch (error) {
    const fault = named(error);
    log("fault", { code: fault.name, message: fault.message });
    throw fault;
  }
}
