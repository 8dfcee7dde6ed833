import type { Standing } from './parts.ts';

/** What `/readyz` answers: 503 as soon as a part that is needed is not well. */
export type Readiness = { ready: boolean; lines: readonly Line[] };
type Line = { part: string; ok: boolean; says: string; since: string; needed: boolean };

/**
 * Parts as lines. Where the internet may read it hosts have no names there: one line counts them. `ending` is a process that was
 * told to stop.
 */
export function readinessOf(
  standings: readonly Standing[],
  { ending, named }: { ending: boolean; named: boolean },
): Readiness {
  const parts = named ? standings : withoutHosts(standings);
  return {
    ready: !ending && standings.every(({ ok, needed }) => ok || !needed),
    lines: parts.map(({ part, ok, says, since, needed }) => ({
      part,
      ok,
      says,
      since: since.toISOString(),
      needed,
    })),
  };
}

/** One line for each part, so that a person can read it, too. */
export function readinessText({ ready, lines }: Readiness): string {
  const parts = lines.map((line) => `  ${JSON.stringify(line)}`).join(',\n');
  return `{"ready":${ready},"parts":[\n${parts}\n]}\n`;
}

const isHost = ({ part }: Standing) => part.startsWith('host ');

function withoutHosts(standings: readonly Standing[]): Standing[] {
  const hosts = standings.filter(isHost);
  const others = standings.filter((one) => !isHost(one));
  if (hosts.length === 0) return others;
  const away = hosts.filter(({ ok }) => !ok);
  const says =
    away.length === 0 ? 'all answer' : `${away.length} of ${hosts.length} not well; the log names them`;
  const changed = Math.max(...(away.length === 0 ? hosts : away).map(({ since }) => since.getTime()));
  const needed = hosts.some((host) => host.needed);
  return [...others, { part: 'hosts', ok: away.length === 0, says, since: new Date(changed), needed }];
}
