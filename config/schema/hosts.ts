import { z } from 'zod';
import { address, flag, hostKey, line, list, matching, name, port, secret } from './values.ts';

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

export const server = z
  .strictObject(
    {
      engine: name.describe('Kind of server: "postgres".'),
      host: name.describe('The host of this file that it runs on.'),
      port: port.prefault(5432).describe("Its port on the host's loopback interface."),
      maintenanceDatabase: databaseName
        .prefault('postgres')
        .describe('Database to be connected to while others are renamed; holds the fence rows.'),
      admin: identity.describe(
        'Creates databases and extensions, applies settings, swaps. Never loads a backup.',
      ),
      loader: identity.describe(
        'Owns the new database only; backups are loaded under it. Never a superuser.',
      ),
      extensions: list(line(63), 'extension names')
        .prefault([])
        .describe('Extensions that may be created in a new database.'),
    },
    { error: 'a server: a mapping with "engine", "host", "admin", "loader" ...' },
  )
  .describe('A database server on a host.');
