import { CircleAlert, CircleCheckBig, X } from 'lucide-preact';
import { dismiss, notices } from '../do.ts';

/** What the page says in passing, such as why something was refused. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, kind, text }) => (
        <p key={id} class={`notice ${kind}`}>
          {kind === 'refused' ? (
            <CircleAlert size={18} aria-hidden="true" />
          ) : (
            <CircleCheckBig size={18} aria-hidden="true" />
          )}
          <span>{text}</span>
          <button type="button" class="button icon" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <X size={16} aria-hidden="true" />
          </button>
        </p>
      ))}
    </div>
  );
}
