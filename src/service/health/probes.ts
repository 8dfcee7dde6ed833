import { backupMoment } from '../../domain/backup.ts';
import { isFreshetError } from '../../domain/errors.ts';
import type { RunId } from '../../domain/ids.ts';
import { runIdFrom } from '../../domain/ids.ts';
import { takerOf, whereabouts } from '../../domain/lookup.ts';
import type { Finding, Probe } from '../../domain/probe.ts';
import { frontOf, originText, type RoleSource } from '../../domain/role-source.ts';
import type { EnvironmentSite, HostSite, Placement } from '../../domain/site.ts';
import { overdueEvents } from '../audit/announce-head.ts';
import type { ServiceDeps } from '../deps.ts';
import { inspectItem, itemContext } from '../item-context.ts';

/** What `npx freshet check` looks at on this side: store, queue, hosts, every target, every repository. */
export function probes(deps: ServiceDeps): Probe[] {
  return [
    guarded('store', async () => {
      await deps.store.ping();
      return { ok: true, says: 'PostgreSQL answers' };
    }),
    ...(deps.site.audit.keepSeconds === undefined
      ? []
      : [
          guarded('audit', async () => {
            const overdue = await overdueEvents(deps);
            return {
              ok: true,
              says: `${overdue} events are older than audit.keep${overdue === 0 ? '' : '; npx freshet audit prune removes them'}`,
            };
          }),
        ]),
    guarded('queue', async () => {
      await deps.queue.ping();
      return { ok: true, says: 'answers' };
    }),
    ...Object.values(deps.site.hosts).map((host) =>
      guarded(`host ${host.name}`, () => lookAtHost(deps, host)),
    ),
    ...Object.values(deps.site.environments)
      .filter((environment) => !environment.production)
      .flatMap((environment) =>
        Object.values(environment.databases).map((placement) =>
          guarded(`${environment.name} ${placement.database}`, () =>
            lookAtTarget(deps, environment, placement),
          ),
        ),
      ),
    ...Object.values(deps.site.hosts).flatMap((host) =>
      readOn(deps, host).map(({ environment, placement }) =>
        guarded(`${environment.name} ${placement.database}`, () => lookAtRead(deps, environment, placement)),
      ),
    ),
    ...(deps.site.roleSources ?? []).map((source) =>
      guarded(`role ${source.role} by ${originText(source)}`, () => lookAtSource(deps, source)),
    ),
    ...Object.keys(deps.repositories).map((name) =>
      guarded(`repository ${name}`, () => lookAtRepository(deps, name)),
    ),
  ];
}

/** A probe whose errors become findings: the sentence, and the hint as the remedy. */
export function guarded(name: string, look: () => Promise<Finding>): Probe {
  return {
    name,
    async run() {
      try {
        return await look();
      } catch (error) {
        if (isFreshetError(error)) return { ok: false, says: error.message, remedy: error.hint };
        throw error;
      }
    },
  };
}

async function lookAtHost(deps: ServiceDeps, host: HostSite): Promise<Finding> {
  const facts = await deps.program(host.name).facts();
  const missing = Object.entries(facts.tools)
    .filter(([, version]) => version === undefined)
    .map(([tool]) => tool);
  if (missing.length > 0) {
    return {
      ok: false,
      says: `freshet-host ${facts.version} answers, but ${missing.join(', ')} can't be run there`,
      remedy: `Install them on ${host.name}, or mend their paths in its host.conf.`,
    };
  }
  const roots = Object.values(deps.site.repositories)
    .filter((repository) => repository.host === host.name && !facts.roots.includes(repository.root))
    .map((repository) => repository.root);
  const proving = Object.values(deps.site.servers).flatMap((server) =>
    server.host === host.name && server.proves !== undefined ? [server.proves.target] : [],
  );
  const targets = [...placementsOn(deps, host).map(({ target }) => target), ...proving].filter(
    (target) => !facts.targets.includes(target),
  );
  const sources = readOn(deps, host)
    .map(({ placement }) => placement.target)
    .filter((source) => !facts.sources.includes(source));
  const hooks = Object.values(deps.site.environments)
    .flatMap((environment) => environment.hooks ?? [])
    .flatMap((hook) => (hook.kind === 'command' && hook.host === host.name ? [hook.command] : []))
    .filter((command) => !facts.hooks.includes(command));
  const written = Object.values(deps.site.repositories)
    .filter(({ host: on, root, takes }) => on === host.name && takes === true && !facts.takes.includes(root))
    .map((repository) => repository.root);
  const unlisted = [
    ...roots.map((root) => `root "${root}"`),
    ...targets.map((target) => `target "${target}"`),
    ...sources.map((source) => `source "${source}"`),
    ...[...new Set(hooks)].map((command) => `hook "${command}"`),
    ...written.map((root) => `takes "${root}"`),
  ];
  if (unlisted.length > 0) {
    return {
      ok: false,
      says: `its host.conf does not list ${unlisted.join(', ')}`,
      remedy: `npx freshet host install ${host.name} prints what belongs there.`,
    };
  }
  const skewSeconds = Math.abs(facts.now.getTime() - deps.now().getTime()) / 1000;
  if (skewSeconds > 60) {
    return {
      ok: false,
      says: `its clock is off by ${Math.round(skewSeconds)} s`,
      remedy: `Set the clock of ${host.name} (NTP); moments of backups are compared across hosts.`,
    };
  }
  return {
    ok: true,
    says: [
      `freshet-host ${facts.version}`,
      counted(Object.keys(facts.tools).length, 'tool'),
      counted(facts.targets.length, 'target'),
      counted(facts.roots.length, 'root'),
    ].join(', '),
  };
}

function counted(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}

/** Databases of production that backups may be taken of. */
function readOn(deps: ServiceDeps, host: HostSite): { environment: EnvironmentSite; placement: Placement }[] {
  return Object.values(deps.site.environments).flatMap((environment) =>
    Object.values(environment.reads ?? {})
      .filter((placement) => whereabouts(deps.site, placement).host.name === host.name)
      .map((placement) => ({ environment, placement })),
  );
}

function placementsOn(deps: ServiceDeps, host: HostSite): Placement[] {
  return Object.values(deps.site.environments)
    .filter((environment) => !environment.production)
    .flatMap((environment) => Object.values(environment.databases))
    .filter((placement) => whereabouts(deps.site, placement).host.name === host.name);
}

async function lookAtTarget(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  placement: Placement,
): Promise<Finding> {
  const backup = await deps.store.backups.newest(placement.database, environment.accepts);
  const run: RunId = runIdFrom(deps.random(5));
  const context = itemContext(deps, placement, {
    kind: 'refresh',
    environment: environment.name,
    run,
    ...(backup === undefined ? {} : { backup }),
  });
  const found = await inspectItem(deps, context);
  const [problem] = found.problems;
  if (problem !== undefined) {
    const more = found.problems.length > 1 ? ` (and ${found.problems.length - 1} more)` : '';
    return { ok: false, says: `${problem.message}${more}`, remedy: problem.hint };
  }
  const free =
    found.freeBytes === undefined
      ? 'free space unknown (no data folder in its host.conf)'
      : `${(found.freeBytes / 1e9).toFixed(1)} GB free`;
  const fits =
    backup === undefined
      ? 'no backup fits yet'
      : `newest fit ${backup.id} of ${backupMoment(backup).toISOString()}`;
  return {
    ok: true,
    says: `${placement.databaseName} on ${placement.server} ${found.serverVersion}, rights proven, ${free}, ${fits}`,
  };
}

/** Whether a backup of it could be taken now. */
async function lookAtRead(
  deps: ServiceDeps,
  { name }: EnvironmentSite,
  { database, server }: Placement,
): Promise<Finding> {
  const repository = takerOf(deps.site, name).name;
  const run: RunId = runIdFrom(deps.random(5));
  const context = itemContext(deps, { database, repository }, { kind: 'take', environment: name, run });
  const found = await inspectItem(deps, context);
  const [problem] = found.problems;
  if (problem !== undefined) return { ok: false, says: problem.message, remedy: problem.hint };
  return { ok: true, says: `${server} ${found.serverVersion}, may be read, into repository "${repository}"` };
}

async function lookAtSource(deps: ServiceDeps, source: RoleSource): Promise<Finding> {
  const members = (await deps.roleMembers?.(source)) ?? [];
  const key = frontOf(source) === 'slack' ? 'slackUserId' : 'jiraAccountId';
  const known = Object.values(deps.site.people).filter((person) => members.includes(person[key] ?? ''));
  const says = `${counted(members.length, 'member')}, ${known.length} of them people of the site file`;
  if (known.length > 0) return { ok: true, says };
  return {
    ok: false,
    says: `${says}: nobody holds the role by it`,
    remedy: 'See that it is the right one, and that its members are in "people" with their ids.',
  };
}

async function lookAtRepository(deps: ServiceDeps, name: string): Promise<Finding> {
  const sightings = await deps.repositories[name]!.scan();
  const { total } = await deps.store.backups.list(
    { repository: name, usable: true },
    { limit: 1, offset: 0 },
  );
  return {
    ok: true,
    says: `${sightings.length} files and folders seen, ${total} usable backups in the catalogue`,
  };
}

/** One line for a finding, as `check` prints it. */
export function findingLine(name: string, finding: Finding): string {
  const remedy = finding.ok || finding.remedy === undefined ? '' : `\n       ${finding.remedy}`;
  return `${finding.ok ? 'ok  ' : 'FAIL'}  ${name}: ${finding.says}${remedy}`;
}
