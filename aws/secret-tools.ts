/** Secrets of an account, as an operator keeps them: for the checks of `npm start -- --check`. Never part of a bundle. */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type Connection, clientConfiguration } from "./connection.ts";

export class SecretTools {
  readonly #client: SecretsManagerClient;

  constructor(connection: Connection) {
    this.#client = new SecretsManagerClient(clientConfiguration(connection));
  }

  /** Writes the value, of a new secret if there is none of that name. */
  async put(name: string, value: string): Promise<void> {
    try {
      await this.#client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      await this.#client.send(new CreateSecretCommand({ Name: name, SecretString: value }));
    }
  }

  /** At once, without the days in which it could be restored. */
  async remove(name: string): Promise<void> {
    await this.#client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
  }
}
