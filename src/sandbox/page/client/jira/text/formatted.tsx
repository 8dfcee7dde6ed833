import type { Text } from '../../../jira/state.ts';
import { Adf } from './adf.tsx';
import { Wiki } from './wiki.tsx';

/** A description or a comment, as Jira draws it. */
export function Formatted({ text }: { text: Text | undefined }) {
  if (text === undefined) return <p class="soft">No description.</p>;
  return (
    <div class="formatted">{text.format === 'adf' ? <Adf node={text.doc} /> : <Wiki text={text.text} />}</div>
  );
}
