import { useEffect } from 'preact/hooks';
import type { SlackState } from '../../slack/state.ts';
import { doIt } from '../do.ts';
import { ViewBlocks } from './dialogs/view-blocks.tsx';

/** The app's Home tab. To open it tells the app, which may publish another. */
export function Home({ state }: { state: SlackState }) {
  useEffect(() => void doIt('slack', 'home', {}, { quiet: true }), [state.me]);
  const { home } = state;
  return (
    // It scrolls, and so takes the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="home" role="region" aria-label={`Home of ${state.app.name}`} tabIndex={0}>
      {home ? (
        <ViewBlocks key={home.id} state={state} view={home} />
      ) : (
        <p class="log-note">{state.app.name} has shown nothing here yet.</p>
      )}
    </div>
  );
}
