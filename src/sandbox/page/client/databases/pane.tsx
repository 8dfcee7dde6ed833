import { parts } from '../live.ts';

/** The databases. */
export function DatabasesPane() {
  return <p>{parts.databases.value?.environments.join(' ')}</p>;
}
