import type { z } from 'zod';
import type { Loose } from '../salvage.ts';
import type { Packs } from '../packs.ts';
import type { neutralise } from '../schema/neutralise.ts';
import { packNames } from '../../src/domain/neutralising.ts';
import { oneOf } from '../../src/domain/errors.ts';
import { shown } from '../faults.ts';
import { each, type Report } from './report.ts';

type NeutraliseFile = Loose<z.output<typeof neutralise>>;

/** What is to keep copies from acting on the world: every pack is told something, and means something on its engine. */
export function checkNeutralise(report: Report, packs: Packs, engines: readonly string[]): void {
  for (const [environment, { databases, production }] of each(report.file.environments)) {
    // That it means nothing there was said already.
    if (production !== false) continue;
    for (const [database, placement] of each(databases)) {
      if (placement.neutralise === undefined) continue;
      const at = ['environments', environment, 'databases', database, 'neutralise'];
      const engine = report.file.databases?.[database]?.engine;
      // An engine that does not exist was told of where it stands.
      if (engine !== undefined && engines.includes(engine))
        checkDialects(report, at, engine, placement.neutralise, packs);
      if (placement.neutralise.jobs !== undefined && placement.events === 'as-live')
        report.fault(
          [...at, 'jobs'],
          'The pack "jobs" says that no event runs, and "events: as-live" has those run that run in the live database.',
          'Take one of both out.',
        );
      checkTold(report, at, placement.neutralise);
      checkReplacements(report, at, placement.neutralise.urls);
    }
  }
}

function checkDialects(
  report: Report,
  at: readonly PropertyKey[],
  engine: string,
  told: NeutraliseFile,
  packs: Packs,
): void {
  const known = packNames.filter((name) => packs.has(`${name}/${engine}`));
  const expected = known.length === 0 ? 'it has no packs yet' : `expected ${oneOf(known)}`;
  for (const name of packNames) {
    if (told[name] === undefined || known.includes(name)) continue;
    report.fault(
      [...at, name],
      `The pack "${name}" means nothing on "${engine}"; ${expected}.`,
      'Remove it, or say it with files of your own.',
    );
  }
}

/** A pack that is told nothing does nothing, and what it is to prove holds everywhere. */
function checkTold(report: Report, at: readonly PropertyKey[], told: NeutraliseFile): void {
  for (const name of ['webhooks', 'keys'] as const) {
    const { columns = [], tables = [] } = told[name] ?? {};
    if (told[name] === undefined || columns.length + tables.length > 0 || !report.whole([...at, name]))
      continue;
    report.fault([...at, name], 'It names nothing; expected "columns", "tables" or both.');
  }
  if (told.urls === undefined || !report.whole([...at, 'urls']) || !report.whole(['productionHosts'])) return;
  const { hosts = [], replace = {} } = told.urls;
  const { productionHosts = [] } = report.file;
  if (productionHosts.length + hosts.length + Object.keys(replace).length === 0)
    report.fault(
      [...at, 'urls'],
      'It names no host; expected "hosts", "replace" or both.',
      'Or name those of production once, in "productionHosts" of the site file.',
    );
}

/** What takes the place of a host must not be found as one itself. */
function checkReplacements(report: Report, at: readonly PropertyKey[], urls: NeutraliseFile['urls']): void {
  const replace = each(urls?.replace);
  const { productionHosts = [] } = report.file;
  const looked = [...productionHosts, ...(urls?.hosts ?? []), ...replace.map(([host]) => host)].map((host) =>
    host.toLowerCase(),
  );
  for (const [host, by] of replace) {
    const path = [...at, 'urls', 'replace', host];
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host))
      report.fault(path, `${shown(host)} is no host name; expected one such as "shop.example.com".`);
    const within = looked.find((one) => `.${by.toLowerCase()}`.endsWith(`.${one}`));
    if (within === undefined) continue;
    report.fault(
      path,
      `${shown(by)} belongs to ${shown(within)}, which may be found nowhere; expected a host outside of production.`,
    );
  }
}
