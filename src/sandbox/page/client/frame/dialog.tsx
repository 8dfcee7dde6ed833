import { X } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A dialog above the page, with the browser's own keeping of the focus; Escape and a click beside it close it. */
export function Dialog({
  title,
  wide = false,
  close,
  children,
}: {
  title: ComponentChildren;
  wide?: boolean;
  close(this: void): void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={heading}
      onClose={close}
      onPointerDown={(event) => event.target === event.currentTarget && event.currentTarget.close()}
    >
      <header class="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" class="button icon" aria-label="Close" onClick={() => dialog.current?.close()}>
          <X size={18} aria-hidden="true" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
