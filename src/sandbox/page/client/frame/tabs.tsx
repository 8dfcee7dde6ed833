import { Database, MessagesSquare, SquareKanban } from 'lucide-preact';
import { pane, type Pane } from '../go.ts';

const names = [
  ['slack', 'Slack', MessagesSquare],
  ['jira', 'Jira', SquareKanban],
  ['databases', 'Databases', Database],
] as const satisfies readonly (readonly [Pane, string, unknown])[];

/** On a narrow screen, one pane at a time. */
export function Tabs() {
  return (
    <nav class="tabs" aria-label="Panes">
      {names.map(([name, title, Icon]) => (
        <button
          key={name}
          type="button"
          aria-current={pane.value === name ? 'true' : undefined}
          onClick={() => (pane.value = name)}
        >
          <Icon size={16} aria-hidden="true" />
          {title}
        </button>
      ))}
    </nav>
  );
}
