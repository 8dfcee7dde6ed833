import { z } from 'zod';
import { address, flag, hostKey, line, list, matching, name, port, secret, whole } from './values.ts';

const account = matching(/^[A-Za-z_][A-Za-z0-9_.-]{0,62}\$?$/, 'the name of an account, such as "freshet"');
const role = line(63);
const databaseName = line(63);

export const host = z
  .strictObject(
    {
      address: address.describe('Name or IP address where the bot reaches its sshd.'),
      port: port.prefault(22).describe('Port of its sshd.'),
      user: account.prefault('freshet').describe('Account whose only command is freshet-host.'),
      key: secret.describe("The bot's private key for this host: env:NAME or file:/path."),
      passphrase: secret
        .optional()
        .describe('Passphrase of the key, where it has one: env:NAME or file:/path.'),
      hostKey: hostKey.describe(
        'Public host key to be pinned: `ssh-keyscan -t ed25519 HOST`, compared with `ssh-keygen -lf` on the host itself.',
      ),
      transfer: z
        .strictObject(
          {
            address: address.describe('Name or IP address.'),
            port: port.prefault(22).describe('Port.'),
          },
          { error: 'a mapping with "address" and "port"' },
        )
        .optional()
        .describe(
          'Where other hosts reach it when backups travel between hosts; by default `address` and `port`.',
        ),
      transfers: whole(1, 64)
        .optional()
        .describe(
          'In how many transfers of backups it takes part at once, sent or received; any number by default.',
        ),
      holdsRawData: flag
        .prefault(false)
        .describe('Whether raw (not anonymised) data may lie on this host, as a backup or in a database.'),
    },
    { error: 'a host: a mapping with "address", "key", "hostKey" ...' },
  )
  .describe('A machine that is reached over SSH, with freshet-host installed.');

const identity = z.strictObject(
  {
    user: role.describe('Name of the role on the server.'),
    password: secret.describe('Its password: env:NAME or file:/path.'),
  },
  { error: 'an account: a mapping with "user" and "password"' },
);

const proves = z.strictObject(
  {
    databaseName: databaseName.describe(
      'An empty database that is never touched, such as "freshet_proof": new ones are called after it, and take encoding and place from it.',
    ),
    target: matching(/^[a-z0-9][a-z0-9._-]{0,62}$/, "the name of a target in the host's own file").describe(
      "Name of the target in the host's own root-owned file.",
    ),
    jobs: whole(1, 64).optional().describe('Parallel jobs of a restore; 4 by default.'),
    besideProduction: flag
      .optional()
      .describe('Whether it may share its host with a server of production; it may not by default.'),
  },
  { error: 'where it proves: a mapping with "databaseName" and "target"' },
);

export const server = z
  .strictObject(
    {
      engine: name.describe('Kind of server, such as "postgres".'),
      host: name.describe('The host of this file that it runs on.'),
      port: port
        .optional()
        .describe("Its port on the host's loopback interface; by default the usual one of its engine."),
      maintenanceDatabase: databaseName
        .optional()
        .describe(
          'Database to be connected to while others are exchanged; holds the fence rows. By default one that its engine has.',
        ),
      admin: identity
        .optional()
        .describe(
          'Creates databases and extensions, applies settings, swaps. Never loads a backup. Without it and `loader` the server is only read.',
        ),
      loader: identity
        .optional()
        .describe('Owns the new database only; backups are loaded under it. Never a superuser.'),
      reader: identity
        .optional()
        .describe(
          'Reads every table and writes none; backups are taken under it. Without it none can be taken here.',
        ),
      extensions: list(line(63), 'extension names')
        .optional()
        .describe('Extensions that may be created in a new database; none by default.'),
      proves: proves
        .optional()
        .describe(
          'Backups of its engine are proven here: restored, verified, dropped. One server of an engine.',
        ),
    },
    { error: 'a server: a mapping with "engine", "host", "admin", "loader" ...' },
  )
  .describe('A database server on a host.');
