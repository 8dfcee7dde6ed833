import { pane, type Pane } from '../go.ts';

const names: readonly [Pane, string][] = [
  ['slack', 'Slack'],
  ['jira', 'Jira'],
  ['databases', 'Databases'],
];

/** On a narrow screen, one pane at a time. */
export function Tabs() {
  return (
    <nav class="tabs" aria-label="Panes">
      {names.map(([name, title]) => (
        <button
          key={name}
          type="button"
          aria-current={pane.value === name ? 'true' : undefined}
          onClick={() => (pane.value = name)}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
