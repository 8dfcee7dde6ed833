import { parts } from '../live.ts';

/** The board. */
export function JiraPane() {
  return (
    <ul>
      {parts.jira.value?.issues.map(({ key, summary }) => (
        <li key={key}>{summary}</li>
      ))}
    </ul>
  );
}
