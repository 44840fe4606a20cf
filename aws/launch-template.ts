/** A launch template as it is deployed: what its instances are told, and who they are. */
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface DeployedLaunchTemplate {
  readonly version: number;
  readonly userData: string;
  readonly instanceProfileArn: string;
}

/** Its default version: the one that a stack of ours makes the default whenever it changes the template. */
export async function readLaunchTemplate(
  connection: Connection,
  name: string,
): Promise<DeployedLaunchTemplate> {
  const client = new EC2Client(clientConfiguration(connection));
  const { LaunchTemplateVersions } = await client.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: name, Versions: ["$Default"] }),
  );
  const [found] = LaunchTemplateVersions ?? [];
  const { UserData, IamInstanceProfile } = found?.LaunchTemplateData ?? {};
  if (!found?.VersionNumber || !UserData || !IamInstanceProfile?.Arn)
    throw new Error(`the launch template ${name} has no default version with user data and a profile`);
  return {
    version: found.VersionNumber,
    userData: Buffer.from(UserData, "base64").toString("utf8"),
    instanceProfileArn: IamInstanceProfile.Arn,
  };
}
