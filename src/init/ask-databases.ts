import type { EngineSites } from '../domain/engine-site.ts';
import { parseNamePattern } from '../domain/name-pattern.ts';
import { isReserved } from '../domain/words.ts';
import { isZone } from '../domain/zone.ts';
import type { Asking } from './asking.ts';
import { asInSite, eachOf, listOf, numberInSite } from './checks.ts';
import { entries, partsOf, type Parts } from './parts.ts';
import type { Answers, InitWords } from './words.ts';

type Environment = Answers['environments'][number];
type Repository = Answers['repositories'][number];
type Check = (text: string) => string | undefined;

const yesNo = [
  { value: 'yes', label: 'Yes' },
  { value: 'no', label: 'No' },
];

/** The server on the first host. */
export async function askServer(
  words: InitWords,
  asking: Asking,
  hosts: Answers['hosts'],
  engines: EngineSites,
): Promise<Answers['server']> {
  const given =
    words.server === undefined
      ? undefined
      : partsOf('--server', words.server, ['engine', 'port', 'admin', 'loader'], asking);
  const part = (key: string, message: string, check: Check, fallback: string) =>
    asking.text({ flag: `--server "NAME; ${key}=..."`, message, given: given?.of[key], check, fallback });
  const engine = await askEngine(asking, given?.of['engine'], engines);
  const { title, port: usualPort, hasExtensions } = engines[engine]!;
  const name = await asking.text({
    flag: '--server',
    message: `Short name of the ${title} server there`,
    given: given?.id,
    fallback: `test-${engine}`,
    check: asInSite('servers.NAME'),
  });
  const port = await part(
    'port',
    "Its port on the host's loopback interface",
    numberInSite('servers.*.port'),
    String(usualPort),
  );
  const admin = await part(
    'admin',
    'Role that creates databases and swaps',
    asInSite('servers.*.admin.user'),
    'freshet_admin',
  );
  return {
    name,
    engine,
    host: hosts[0]?.name ?? '',
    port: Number(port),
    admin,
    loader: await part(
      'loader',
      'Role that loads backups and owns nothing live',
      (answer) =>
        answer === admin
          ? '!The loader can not be the account that swaps; it needs a role of its own.'
          : asInSite('servers.*.loader.user')(answer),
      'freshet_loader',
    ),
    ...(hasExtensions ? { extensions: await askExtensions(words, asking) } : {}),
  };
}

/** Asked where there is a choice. */
async function askEngine(asking: Asking, given: string | undefined, engines: EngineSites): Promise<string> {
  const [only, ...more] = Object.keys(engines);
  if (only !== undefined && more.length === 0 && given === undefined) return only;
  const choices = Object.entries(engines).map(([value, { title }]) => ({ value, label: title }));
  const question = { flag: '--server "NAME; engine=..."', message: 'What runs there', choices, given };
  const answer = await asking.text({ ...question, fallback: only ?? '' });
  // What is none was noted as a fault; the other questions go on with one that is.
  return Object.hasOwn(engines, answer) ? answer : (only ?? '');
}

async function askExtensions(words: InitWords, asking: Asking): Promise<string[]> {
  return listOf(
    await asking.text({
      flag: '--extensions',
      message: 'Extensions that your databases use, with commas between them; empty for none',
      given: words.extensions,
      fallback: '',
      check: eachOf(asInSite('servers.*.extensions.0')),
    }),
  );
}

export function askDatabases(words: InitWords, asking: Asking): Promise<Answers['databases']> {
  return entries<Answers['databases'][number]>(
    asking,
    { flag: '--database', what: 'database', given: words.database, known: ['production'] },
    async (parts, taken) => {
      const name = await asking.text({
        flag: '--database',
        message: 'A database of your product, as people will call it, such as orders',
        given: parts?.id,
        check: freeName(
          taken.map((one) => one.name),
          'databases.NAME',
        ),
      });
      const production = await asking.text({
        flag: `--database "${name}; production=..."`,
        message: `${name}: its name on the production server`,
        given: parts?.of['production'],
        fallback: name,
        check: asInSite('environments.*.databases.*.databaseName'),
      });
      return { name, production };
    },
  );
}

export function askEnvironments(
  words: InitWords,
  asking: Asking,
  around: Pick<Answers, 'databases' | 'people'>,
): Promise<Environment[]> {
  const known = ['protected', 'approvers', 'raw', ...around.databases.map(({ name }) => name)];
  return entries<Environment>(
    asking,
    { flag: '--environment', what: 'environment', given: words.environment, known },
    (parts, taken) => askEnvironment(asking, parts, taken, around),
  );
}

async function askEnvironment(
  asking: Asking,
  parts: Parts | undefined,
  taken: readonly Environment[],
  { databases, people }: Pick<Answers, 'databases' | 'people'>,
): Promise<Environment> {
  const name = await asking.text({
    flag: '--environment',
    message: 'A test environment that is refreshed, such as uat',
    given: parts?.id,
    check: freeName(
      ['production', ...databases.map((one) => one.name), ...taken.map((one) => one.name)],
      'environments.NAME',
    ),
  });
  const flag = (key: string) => `--environment "${name}; ${key}=..."`;
  const isYes = async (key: string, message: string, fallback: string) =>
    (await asking.text({
      flag: flag(key),
      message: `${name}: ${message}`,
      given: parts?.of[key],
      fallback,
      choices: yesNo,
    })) === 'yes';
  const isProtected = await isYes('protected', 'must somebody else approve each refresh?', 'yes');
  const roles = [...new Set(people.flatMap((person) => person.roles))];
  const approvers = isProtected
    ? await asking.text({
        flag: flag('approvers'),
        message: `${name}: roles that may approve (${roles.join(', ')})`,
        given: parts?.of['approvers'],
        check: (answer) =>
          listOf(answer).length > 0 && listOf(answer).every((role) => roles.includes(role))
            ? undefined
            : `roles that somebody holds: ${roles.join(', ')}`,
      })
    : '';
  const raw = await isYes('raw', 'may raw (not anonymised) data come here?', 'no');
  const places: Record<string, string> = {};
  for (const database of databases) {
    places[database.name] = await asking.text({
      flag: flag(database.name),
      message: `${name}: name of the live database of ${database.name} on the server`,
      given: parts?.of[database.name],
      fallback: `${name.replaceAll('-', '_')}_${database.name.replaceAll('-', '_')}`,
      check: (answer) => {
        const other = taken.find((one) => Object.values(one.databases).includes(answer));
        if (other !== undefined) return `!It is the database of "${other.name}" already; each has its own.`;
        return Object.values(places).includes(answer)
          ? '!Another database of this environment is called so already.'
          : asInSite('environments.*.databases.*.databaseName')(answer);
      },
    });
  }
  return { name, protected: isProtected, approvers: listOf(approvers), raw, databases: places };
}

export function askRepositories(
  words: InitWords,
  asking: Asking,
  hosts: Answers['hosts'],
): Promise<Repository[]> {
  return entries<Repository>(
    asking,
    {
      flag: '--repository',
      what: 'folder of backups',
      given: words.repository,
      known: ['host', 'path', 'anonymised', 'pattern', 'timezone'],
    },
    (parts, taken) => askRepository(asking, parts, taken, hosts),
  );
}

async function askRepository(
  asking: Asking,
  parts: Parts | undefined,
  taken: readonly Repository[],
  hosts: Answers['hosts'],
): Promise<Repository> {
  const name = await asking.text({
    flag: '--repository',
    message: 'Short name of a folder with backups, such as nightly',
    given: parts?.id,
    check: (answer) =>
      taken.some((one) => one.name === answer)
        ? '!This one is listed already.'
        : asInSite('repositories.NAME')(answer),
  });
  const part = (key: string, message: string, check: Check, fallback?: string) =>
    asking.text({
      flag: `--repository "${name}; ${key}=..."`,
      message: `${name}: ${message}`,
      given: parts?.of[key],
      check,
      ...(fallback === undefined ? {} : { fallback }),
    });
  const last = hosts.at(-1)?.name ?? '';
  const names = hosts.map((host) => host.name);
  return {
    name,
    host: await part(
      'host',
      `the host that it lies on (${names.join(', ')})`,
      (answer) => (names.includes(answer) ? undefined : `one of the hosts: ${names.join(', ')}`),
      last,
    ),
    path: await part('path', 'its path there, such as /srv/backups/nightly', (answer) =>
      /^\/[^"'\\%$`\s]*$/.test(answer) && !answer.includes('..')
        ? undefined
        : 'an absolute path without spaces or quotes',
    ),
    anonymised:
      (await asking.text({
        flag: `--repository "${name}; anonymised=..."`,
        message: `${name}: were these backups anonymised before they came there, and do you answer for it?`,
        given: parts?.of['anonymised'],
        fallback: 'no',
        choices: yesNo,
      })) === 'yes',
    pattern: await part(
      'pattern',
      "how names tell database and moment, such as {database}_{dataAt:yyyyMMdd'T'HHmm'Z'}.dump; empty where only the archives tell",
      (answer) => {
        const parsed = parseNamePattern(answer);
        return 'fault' in parsed ? `!${parsed.fault} ${parsed.hint}` : undefined;
      },
      '',
    ),
    timeZone: await part(
      'timezone',
      "zone of times in names that carry none, such as Europe/Berlin; empty for the host's own",
      (answer) =>
        isZone(answer) ? undefined : 'a name such as "Europe/Berlin", an offset such as "+01:00", or "Z"',
      '',
    ),
  };
}

function freeName(taken: readonly string[], place: string): Check {
  return (answer) => {
    if (taken.includes(answer)) return '!This name is taken; what people type must mean one thing.';
    if (isReserved(answer)) return `!"${answer}" is a word of the commands; for example "${answer}-db".`;
    return asInSite(place)(answer);
  };
}
