/** The CA account's topic: events, alarms, and the rules that watch keys and code. */
import type { Environment } from "#config/environment.ts";
import { caTopicName } from "#contract/names.ts";
import type { EncryptedTopicProps } from "#stacks/shared/encrypted-topic.ts";

export const caTopic = ({ name, tier, ca }: Environment): EncryptedTopicProps => ({
  ...{ name: caTopicName(name), purpose: `${name} CA, notifications`, tier },
  ...{ account: ca.account, region: ca.region, emails: ca.notifications.emails },
  alarms: `${name}-ca-*`,
});
