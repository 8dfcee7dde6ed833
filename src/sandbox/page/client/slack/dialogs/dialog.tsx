import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export type DialogProps = {
  class: string;
  labelledBy: string;
  describedBy?: string;
  role?: 'dialog' | 'alertdialog';
  /** Esc, or a press beside it. */
  onCancel: () => void;
  children: ComponentChildren;
};

/** The browser's own modal dialog: it keeps the focus, hides what is behind from screen readers, and gives the focus back. */
export function Dialog({
  class: name,
  labelledBy,
  describedBy,
  role = 'dialog',
  onCancel,
  children,
}: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current!;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`slack-dialog ${name}`}
      role={role}
      aria-modal="true"
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      onCancel={(event) => {
        // It is closed by what is drawn next, so that nothing closes that the app has not heard of.
        event.preventDefault();
        if (event.target === element.current) onCancel();
      }}
      onKeyDown={(event) => {
        // Browsers let nobody prevent a second Esc; so it does not come that far.
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        event.stopPropagation();
        onCancel();
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onCancel();
      }}
    >
      <div class="slack-dialog-inside">{children}</div>
    </dialog>
  );
}
