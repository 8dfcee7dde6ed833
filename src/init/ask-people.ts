import type { Asking } from './asking.ts';
import { asInSite, eachOf, listOf } from './checks.ts';
import { entries, type Parts } from './parts.ts';
import type { Answers, InitWords } from './words.ts';

type Person = Answers['people'][number];

/** Everybody who may use Freshet, and who of them are the operators. */
export async function askPeople(
  words: InitWords,
  asking: Asking,
): Promise<Pick<Answers, 'people' | 'operators'>> {
  const people = await entries<Person>(
    asking,
    { flag: '--person', what: 'person', given: words.person, known: ['name', 'roles', 'slack', 'jira'] },
    (parts, taken) => askPerson(asking, parts, taken),
  );
  const roles = [...new Set(people.flatMap((person) => person.roles))];
  const operators = await asking.text({
    flag: '--operators',
    message: `Roles whose holders are told of failures and may retry (${roles.join(', ')})`,
    given: words.operators,
    fallback: roles.includes('operator') ? 'operator' : (roles[0] ?? ''),
    check: (answer) =>
      listOf(answer).every((role) => roles.includes(role))
        ? undefined
        : `roles that somebody holds: ${roles.join(', ')}`,
  });
  return { people, operators: listOf(operators) };
}

async function askPerson(
  asking: Asking,
  parts: Parts | undefined,
  taken: readonly Person[],
): Promise<Person> {
  const flag = (part: string) => `--person "${parts?.id ?? 'ada'}; ${part}=..."`;
  const id = await asking.text({
    flag: '--person',
    message: 'A short name for a person who may use Freshet, such as ada',
    given: parts?.id,
    check: (answer) =>
      taken.some((one) => one.id === answer)
        ? '!This one is listed already.'
        : asInSite('people.NAME')(answer),
  });
  const part = (
    name: string,
    message: string,
    check: (text: string) => string | undefined,
    fallback?: string,
  ) =>
    asking.text({
      flag: flag(name),
      message: `${id}: ${message}`,
      given: parts?.of[name],
      check,
      ...(fallback === undefined ? {} : { fallback }),
    });
  const person = {
    id,
    name: await part('name', 'name, as cards show it', asInSite('people.*.name')),
    roles: listOf(
      await part(
        'roles',
        'roles, names of your choice with commas between them, such as developer,operator',
        eachOf(asInSite('operators.0')),
        'developer',
      ),
    ),
    slack: await part(
      'slack',
      'Slack member id (profile, "Copy member ID"); empty if none',
      asInSite('people.*.slack'),
      '',
    ),
    jira: await part(
      'jira',
      'Jira account id, in Data Center user key (end of the address of the profile); empty if none',
      asInSite('people.*.jira'),
      '',
    ),
  };
  if (person.slack === '' && person.jira === '') {
    asking.fault(`--person "${id}"`, 'neither slack nor jira is given; one of them is needed.');
  }
  return person;
}
