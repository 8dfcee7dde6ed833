import type { Asking } from './asking.ts';
import { asInSite, eachOf, listOf } from './checks.ts';
import { entries, type Parts } from './parts.ts';
import type { Answers, InitWords } from './words.ts';

type Person = Answers['people'][number];

/** Everybody who may use Freshet, and who of them are the operators. `bot`: the Jira account that is nobody's. */
export async function askPeople(
  words: InitWords,
  asking: Asking,
  bot: string | undefined,
): Promise<Pick<Answers, 'people' | 'operators'>> {
  const people = await entries<Person>(
    asking,
    { flag: '--person', what: 'person', given: words.person, known: ['name', 'roles', 'slack', 'jira'] },
    (parts, taken) => askPerson(asking, parts, taken, bot),
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
  bot: string | undefined,
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
  const slack = (text: string) =>
    taken.some((one) => one.slack === text)
      ? '!Somebody else has this id; two people can not be one account.'
      : asInSite('people.*.slack')(text);
  const jira = (text: string) => {
    if (text === bot)
      return "!This is the account of the bot itself; the bot's own changes are never a decision.";
    return taken.some((one) => one.jira === text)
      ? '!Somebody else has this id; two people can not be one account.'
      : asInSite('people.*.jira')(text);
  };
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
    slack: await part('slack', 'Slack member id (profile, "Copy member ID"); empty if none', slack, ''),
    jira: '',
  };
  const where = 'Jira account id, in Data Center user key (end of the address of the profile)';
  person.jira =
    person.slack === ''
      ? await part('jira', `${where}; needed, as there is no Slack id`, jira)
      : await part('jira', `${where}; empty if none`, jira, '');
  return person;
}
