import { signal } from '@preact/signals';
import { Database } from 'lucide-preact';
import { parts } from '../live.ts';
import { EnvironmentCard } from './environment.tsx';
import { Folders } from './folders.tsx';

const shown = signal<string>('uat');

/** The real databases, one at a time beside what was there before, and the folders that backups lie in. */
export function DatabasesPane() {
  const state = parts.databases.value;
  const environments = state?.environments ?? [];
  const now = environments.find(({ name }) => name === shown.value);
  return (
    <>
      <header class="pane-head">
        <Database size={18} aria-hidden="true" />
        <h2>Databases</h2>
        <div class="environments" role="group" aria-label="Shown">
          {environments.map(({ name, production, closed, making }) => (
            <button
              key={name}
              type="button"
              aria-pressed={shown.value === name}
              onClick={() => (shown.value = name)}
            >
              <span class="dot" data-look={closed ? 'closed' : making ? 'busy' : 'open'} aria-hidden="true" />
              {name}
              {production && <span class="soft">source</span>}
            </button>
          ))}
          <button
            type="button"
            aria-pressed={shown.value === 'backups'}
            onClick={() => (shown.value = 'backups')}
          >
            backups
          </button>
        </div>
        <span class="soft real">
          <span class="lozenge good">real</span> read by this page, not by Freshet
        </span>
      </header>
      {/* It scrolls, so it has to be reached by keyboard. */}
      <div class="databases" tabIndex={0} role="group" aria-label={shown.value}>
        {environments.length === 0 && <p class="soft">Reads the databases …</p>}
        {now && <EnvironmentCard key={now.name} environment={now} />}
        {shown.value === 'backups' && state && <Folders folders={state.folders} />}
      </div>
    </>
  );
}
