import { parts } from '../live.ts';

/** Slack, as whoever one acts as sees it. */
export function SlackPane() {
  return (
    <ul>
      {parts.slack.value?.channels.map(({ id, name }) => (
        <li key={id}>#{name}</li>
      ))}
    </ul>
  );
}
