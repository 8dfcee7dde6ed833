import { useId, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';

export type MenuItem = { name: ComponentChildren; key: string; choose(this: void): void };

/** A button with a menu below it: above everything else, closed by Escape and by a click elsewhere, walked by arrows. */
export function Menu({
  label,
  items,
  children,
  empty,
}: {
  label: string;
  items: readonly MenuItem[];
  children: ComponentChildren;
  /** Said where there is nothing to choose. */
  empty: string;
}) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  function opened(event: Pick<ToggleEvent, 'newState'>): void {
    const box = button.current?.getBoundingClientRect();
    const menu = list.current;
    button.current?.setAttribute('aria-expanded', String(event.newState === 'open'));
    if (event.newState !== 'open' || box === undefined || menu === null) return;
    const { offsetWidth: width, offsetHeight: height } = menu;
    menu.style.left = `${Math.max(8, Math.min(box.right - width, innerWidth - width - 8))}px`;
    menu.style.top = `${box.bottom + height + 8 > innerHeight ? Math.max(8, box.top - height - 4) : box.bottom + 4}px`;
    menu.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }

  function walk(event: KeyboardEvent): void {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Tab') list.current?.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        class="button icon"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded="false"
        popovertarget={id}
      >
        {children}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        class="popup-menu"
        role="menu"
        aria-label={label}
        onToggle={opened}
        onKeyDown={walk}
      >
        {items.map(({ key, name, choose }) => (
          <button
            key={key}
            type="button"
            role="menuitem"
            tabIndex={-1}
            onClick={() => {
              list.current?.hidePopover();
              button.current?.focus();
              choose();
            }}
          >
            {name}
          </button>
        ))}
        {items.length === 0 && (
          <span role="menuitem" tabIndex={-1} aria-disabled="true">
            {empty}
          </span>
        )}
      </div>
    </>
  );
}
