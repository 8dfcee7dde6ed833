import type { Store } from '../../../store/store.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Part } from '../parts.ts';

/** The databases and the folders of backups, below. */
export function databasesPart(_sandbox: Sandbox, _store: Store | undefined): Part<'databases'> {
  return {
    name: 'databases',
    state: () => ({ environments: [] }),
    deeds: {},
    onChange: () => () => undefined,
  };
}
