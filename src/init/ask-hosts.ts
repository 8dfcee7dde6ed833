import type { Asking } from './asking.ts';
import { asInSite, numberInSite } from './checks.ts';
import { showHostKey, type ShownKey } from './host-key.ts';
import { entries, type Parts } from './parts.ts';
import type { Answers, InitWords } from './words.ts';

type Host = Answers['hosts'][number];

/** The machines; the first one holds the databases. */
export function askHosts(words: InitWords, asking: Asking): Promise<Host[]> {
  asking.say('Hosts: first the one with the test databases, then any other that backups lie on.');
  return entries<Host>(
    asking,
    {
      flag: '--host',
      what: 'host',
      given: words.host,
      known: ['address', 'port', 'user', 'key', 'fingerprint'],
    },
    (parts, taken) => askHost(asking, parts, taken),
  );
}

async function askHost(asking: Asking, parts: Parts | undefined, taken: readonly Host[]): Promise<Host> {
  const name = await asking.text({
    flag: '--host',
    message:
      taken.length === 0 ? 'Short name of the database host, such as db-test' : 'Short name of this host',
    given: parts?.id,
    check: (answer) =>
      taken.some((one) => one.name === answer)
        ? '!This one is listed already.'
        : asInSite('hosts.NAME')(answer),
  });
  const flag = (part: string) => `--host "${parts?.id ?? 'db-test'}; ${part}=..."`;
  const part = (
    key: string,
    message: string,
    check: (text: string) => string | undefined,
    fallback?: string,
  ) =>
    asking.text({
      flag: flag(key),
      message: `${name}: ${message}`,
      given: parts?.of[key],
      check,
      ...(fallback === undefined ? {} : { fallback }),
    });
  const address = await part('address', 'name or IP address of its sshd', asInSite('hosts.*.address'));
  const port = await part(
    'port',
    'port of its sshd',
    (answer) => {
      const other = taken.find((one) => one.address === address && String(one.port) === answer);
      return other === undefined
        ? numberInSite('hosts.*.port')(answer)
        : `!"${other.name}" has the same address and port; a host has one name.`;
    },
    '22',
  );
  const user = await part(
    'user',
    'account for Freshet there; the script of host install makes it',
    asInSite('hosts.*.user'),
    'freshet',
  );
  const hostKey = await keyOf(asking, parts, { name, address, port: Number(port) }, flag);
  return { name, address, port: Number(port), user, hostKey };
}

/** Pinned only after somebody compared it: the key as given, the fingerprint as given, or a person's yes. */
async function keyOf(
  asking: Asking,
  parts: Parts | undefined,
  host: { name: string; address: string; port: number },
  flag: (part: string) => string,
): Promise<string> {
  const { name, address, port } = host;
  const expected = parts?.of['fingerprint'];
  const given = parts?.of['key'];
  if (given === undefined && address !== '' && (expected !== undefined || asking.interactive)) {
    const shown = await look(asking, host, expected === undefined ? undefined : flag('fingerprint'));
    if (shown !== undefined && expected !== undefined) {
      if (shown.fingerprint === expected) return shown.hostKey;
      asking.fault(
        flag('fingerprint'),
        `${address}:${port} shows ${shown.fingerprint}, not "${expected}". Do not go on before you know why.`,
      );
      return '';
    }
    if (shown !== undefined) {
      asking.say(`${address}:${port} shows the host key ${shown.fingerprint}`);
      asking.say('Compare it on the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
      if (await asking.more(`${name}: is it the same there?`, false)) return shown.hostKey;
    }
    if (!asking.interactive) return '';
  }
  return asking.text({
    flag: flag('key'),
    // At a terminal it was fetched already, if it could be.
    message: `${name}: its public host key, "ssh-ed25519 AAAA..." (ssh-keyscan -t ed25519${port === 22 ? '' : ` -p ${port}`} ${address})${asking.interactive ? '' : ', or fingerprint=SHA256:... to have it fetched and compared'}`,
    given,
    check: asInSite('hosts.*.hostKey'),
  });
}

async function look(
  asking: Asking,
  { address, port }: { address: string; port: number },
  flag: string | undefined,
): Promise<ShownKey | undefined> {
  try {
    return await showHostKey(address, port);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    if (flag === undefined) asking.say(why);
    else asking.fault(flag, `${why}; it could not be compared.`);
    return undefined;
  }
}
