import { canonical } from '../canonical.ts';
import { cut } from '../lookup.ts';
import type { RightToAsk } from '../request.ts';
import type { EnvironmentSite, Site } from '../site.ts';
import { decisionsOn } from './rules.ts';
import { stagesOf } from './stages.ts';
import { listed } from './words.ts';
import type { Stage, Terms } from './policy.ts';

/** The terms of this moment. `rawFrom`: the environments that raw backups of the request were taken of. */
export function termsOf(
  site: Site,
  environment: EnvironmentSite,
  right: RightToAsk,
  rawFrom: readonly string[],
): Terms {
  return {
    protected: environment.protected,
    accepts: [...environment.accepts].sort(),
    ...(environment.acceptsOwn === undefined ? {} : { acceptsOwn: environment.acceptsOwn }),
    stages: stagesOf(environment, rawFrom.length > 0).map(({ name, roles, quorum, when }) => ({
      name,
      roles: roles === 'everybody' ? roles : [...roles].sort(),
      quorum,
      ...(when === undefined ? {} : { when }),
    })),
    ...(environment.approval?.fallback === undefined
      ? {}
      : {
          fallback: {
            roles: [...environment.approval.fallback.roles].sort(),
            afterSeconds: environment.approval.fallback.afterSeconds,
          },
        }),
    ask: decisionsOn(site, right, environment.name),
    approve: decisionsOn(site, 'approve', environment.name),
    readRaw: Object.fromEntries(
      [...new Set(rawFrom)].sort().map((name) => [name, decisionsOn(site, 'read-raw', name)]),
    ),
  };
}

/** What of the terms is not as it was, in plain words; undefined where all is. */
export function termsChanged(environment: string, then: Terms, now: Terms): string | undefined {
  const same = (key: keyof Terms) => canonical(then[key]) === canonical(now[key]);
  if (canonical(then) === canonical(now)) return undefined;
  if (then.approve.length === 0)
    return 'It was asked for by an older Freshet, which did not keep what an approval is given under.';
  const name = `"${environment}"`;
  const changes = [
    same('protected')
      ? undefined
      : now.protected
        ? `${name} is protected now`
        : `${name} is not protected any more`,
    same('accepts')
      ? undefined
      : `${name} accepts ${listed(now.accepts)} backups now, not ${listed(then.accepts)}`,
    same('acceptsOwn')
      ? undefined
      : `${name} takes back its own backups ${now.acceptsOwn ? 'now' : 'no more'}`,
    same('stages')
      ? undefined
      : `it takes the yes of ${stagesShort(now.stages)} now, not of ${stagesShort(then.stages)}`,
    same('fallback') ? undefined : `who may decide on ${name} where nobody does`,
    same('ask') ? undefined : `who may ask for it on ${name}`,
    same('approve') ? undefined : `who may approve on ${name}`,
    ...[...new Set([...Object.keys(then.readRaw), ...Object.keys(now.readRaw)])]
      .filter((from) => canonical(then.readRaw[from]) !== canonical(now.readRaw[from]))
      .map((from) => `who may read raw data of "${from}"`),
  ];
  return `The rules have changed since: ${changes.filter((one) => one !== undefined).join('; ')}.`;
}

function stagesShort(stages: readonly Stage[]): string {
  return stages
    .map(({ name, roles, quorum }) => {
      const who = roles === 'everybody' ? '' : ` of ${listed(roles, 'or')}`;
      return `${cut(name, 40)} (${quorum}${who})`;
    })
    .join(', then ');
}
