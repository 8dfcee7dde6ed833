import { ArrowLeft, X } from 'lucide-preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { OpenView, SlackState } from '../../../slack/state.ts';
import { doIt } from '../../do.ts';
import { inTurn, sendable, type Typed } from '../surface.ts';
import { Avatar } from '../avatar.tsx';
import { Dialog } from './dialog.tsx';
import { ViewBlocks } from './view-blocks.tsx';

/** The topmost of the modals that the app has opened for whom one acts as. */
export function Modal({ state }: { state: SlackState }) {
  const view = state.views.at(-1);
  // One dialog for the whole stack: the focus goes back to where it was before the first.
  return view ? <TopModal state={state} view={view} depth={state.views.length} /> : null;
}

function TopModal({ state, view, depth }: { state: SlackState; view: OpenView; depth: number }) {
  const id = useId();
  const body = useRef<HTMLDivElement>(null);
  /** There was no field yet to put the focus on. */
  const waits = useRef(false);
  const typed = useRef(new Map<string, Typed>());
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState<string | undefined>();
  const ofView: Typed = typed.current.get(view.id) ?? new Map();
  typed.current.set(view.id, ofView);

  // A view that takes another's place takes the focus, too; so do its errors.
  useLayoutEffect(() => {
    waits.current = !focusFirst(body.current);
  }, [view.id]);
  const wrong = Object.keys(view.errors).join(' ');
  useLayoutEffect(() => {
    if (wrong === '') return;
    const field = body.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.focus();
    // With the sentence below it, which says what is wrong.
    field?.closest('.block-input')?.scrollIntoView({ block: 'nearest' });
  }, [wrong]);
  // "Loading" had nothing to put the focus on.
  useLayoutEffect(() => {
    const at = document.activeElement;
    const nowhere = at === document.body || at?.tagName === 'DIALOG';
    if (nowhere || (waits.current && at === body.current)) waits.current = !focusFirst(body.current);
  });

  async function submit(): Promise<void> {
    if (sending) return;
    setSending(true);
    setRefused(undefined);
    const outcome = await inTurn({ view: view.id }, () =>
      doIt('slack', 'submit', { view: view.id, typed: sendable(ofView, view.blocks) }, { quiet: true }),
    );
    setSending(false);
    if (!outcome.ok) setRefused(outcome.error);
  }
  function close(all = false): void {
    void doIt('slack', 'close', { view: view.id, all });
  }

  return (
    <Dialog class="modal" labelledBy={`${id}-title`} onCancel={() => close(depth === 1)}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          // What still has the focus is sent as well.
          void submit();
        }}
      >
        <header class="modal-head">
          {depth > 1 ? (
            <button type="button" class="button icon" aria-label="Back" onClick={() => close()}>
              <ArrowLeft size={18} aria-hidden="true" />
            </button>
          ) : (
            <Avatar state={state} user={state.app.botUserId} />
          )}
          <h2 id={`${id}-title`} class="dialog-title">
            {view.title}
          </h2>
          <button type="button" class="button icon" aria-label="Close" onClick={() => close(true)}>
            <X size={18} aria-hidden="true" />
          </button>
        </header>
        {/* It scrolls, and so takes the keyboard. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div ref={body} class="modal-body" tabIndex={0} role="group" aria-labelledby={`${id}-title`}>
          {refused !== undefined && (
            <p class="modal-refused" role="alert">
              {refused}
            </p>
          )}
          <ViewBlocks key={view.id} state={state} view={view} typed={ofView} />
        </div>
        {(view.submit ?? view.close) && (
          <footer class="dialog-foot">
            <button type="button" class="sbutton" onClick={() => close()}>
              {view.close?.text ?? 'Close'}
            </button>
            {view.submit && (
              <button type="submit" class="sbutton primary" aria-disabled={sending} aria-busy={sending}>
                {view.submit.text}
              </button>
            )}
          </footer>
        )}
      </form>
    </Dialog>
  );
}

/** Answers whether there was a field. */
function focusFirst(body: HTMLElement | null): boolean {
  const field =
    body?.querySelector<HTMLElement>('[autofocus]') ??
    body?.querySelector<HTMLElement>('input:not([type="hidden"]), textarea');
  (field ?? body)?.focus({ preventScroll: true });
  return field !== null && field !== undefined;
}
