import type { Script } from '../../src/domain/script.ts';
import type { ItemContext } from '../engine.ts';
import { packArgs } from './neutralise.ts';
import type { PackDialect } from './packs.ts';
import type { ExecStep, Step } from '../plan.ts';
import { actStep } from '../steps.ts';

/** What keeps the copy from acting on the world: packs as acts, which count what they do; own files as the scripts they are. */
export function neutraliseSteps(
  item: ItemContext,
  dialect: PackDialect,
  loadSeconds: number,
  scripted: (name: string, script: Script) => ExecStep,
): Step[] {
  return (item.placement.neutralise ?? []).flatMap((one, at): Step[] => {
    if (one.kind === 'file')
      return one.script === undefined ? [] : [scripted(`neutralise-file-${at + 1}`, one.script)];
    const weight = 0.3 + (one.name === 'urls' ? loadSeconds / 10 : 0);
    const title = `Neutralise by the pack ${one.name}`;
    const args = { ...packArgs(one, dialect) };
    return [actStep(item, 'configure', 'neutralise', title, weight, args, `neutralise-${one.name}`)];
  });
}

/** As the loader, who may do all in it: what comes behind it changes owners and rights only. */
export function provenSteps(item: ItemContext, dialect: PackDialect, loadSeconds: number): Step[] {
  const all = item.placement.neutralise ?? [];
  if (all.length === 0) return [];
  const weight = 0.3 + (all.some(({ name }) => name === 'urls') ? loadSeconds / 10 : 0);
  const held = all.map((one) =>
    one.kind === 'pack' ? packArgs(one, dialect) : { file: one.name, assertion: one.assertion.text },
  );
  return [
    actStep(item, 'verify', 'prove-neutral', 'Prove that what was neutralised is so', weight, { held }),
  ];
}
