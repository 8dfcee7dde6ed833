import { signal } from '@preact/signals';
import { Database as Icon } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import type { Database } from '../../databases/state.ts';
import { parts } from '../live.ts';
import { DatabaseCard } from './database.tsx';
import { Folders } from './folders.tsx';

const place = signal<string>('uat');
/** The name of a database, which stays chosen from one environment to the next. */
const named = signal<string>('orders');

/** The real databases, one at a time beside what was there before, and the folders that backups lie in. */
export function DatabasesPane() {
  const state = parts.databases.value;
  const environments = state?.environments ?? [];
  const environment = environments.find(({ name }) => name === place.value);
  const databases = environment?.databases ?? [];
  const database = databases.find(({ name }) => name === named.value) ?? databases[0];
  return (
    <>
      <header class="pane-head">
        <Icon size={18} aria-hidden="true" />
        <h2>Databases</h2>
        <div class="choices" role="group" aria-label="Shown">
          {environments.map(({ name, production, databases: there }) => (
            <Choice key={name} chosen={place.value === name} onChoose={() => (place.value = name)}>
              <Dot of={there} />
              {name}
              {production && <span class="soft">source</span>}
            </Choice>
          ))}
          <Choice chosen={place.value === 'backups'} onChoose={() => (place.value = 'backups')}>
            backups
          </Choice>
        </div>
        {databases.length > 1 && (
          <div class="choices further" role="group" aria-label="Database">
            {databases.map((one) => (
              <Choice
                key={one.name}
                chosen={one.name === database?.name}
                onChoose={() => (named.value = one.name)}
              >
                <Dot of={[one]} />
                {one.name}
              </Choice>
            ))}
          </div>
        )}
        <span class="soft real">
          <span class="lozenge good">real</span> read by this page, not by Freshet
        </span>
      </header>
      {/* It scrolls, so it has to be reached by keyboard. */}
      <div class="databases" tabIndex={0} role="group" aria-label={place.value}>
        {environments.length === 0 && <p class="soft">Reads the databases …</p>}
        {environment && database && (
          <DatabaseCard key={database.databaseName} environment={environment} database={database} />
        )}
        {place.value === 'backups' && state && <Folders folders={state.folders} />}
      </div>
    </>
  );
}

type ChoiceProps = { chosen: boolean; onChoose: () => void; children: ComponentChildren };

function Choice({ chosen, onChoose, children }: ChoiceProps) {
  return (
    <button type="button" aria-pressed={chosen} onClick={onChoose}>
      {children}
    </button>
  );
}

/** Whether any of them is closed, or filled beside. */
function Dot({ of }: { of: readonly Database[] }) {
  const look = of.some(({ closed }) => closed)
    ? 'closed'
    : of.some(({ making }) => making !== undefined)
      ? 'busy'
      : 'open';
  return <span class="dot" data-look={look} aria-hidden="true" />;
}
