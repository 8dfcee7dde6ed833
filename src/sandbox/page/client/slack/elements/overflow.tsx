import { Ellipsis } from 'lucide-preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Plain } from '../blocks/text.tsx';
import { webAddress } from '../markup/tree.ts';
import { useSurface } from '../surface.ts';
import type { ElementProps } from './element.tsx';
import { usePopup } from './popup.ts';

/** The menu behind three dots. */
export function Overflow({ block, element }: ElementProps<'overflow'>) {
  const surface = useSurface();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  usePopup(open, button, menu, () => setOpen(false));
  useLayoutEffect(() => {
    if (open) menu.current?.querySelector('button')?.focus();
  }, [open]);

  function close(): void {
    setOpen(false);
    button.current?.focus();
  }
  function move(by: number): void {
    const items = [...(menu.current?.querySelectorAll('button') ?? [])];
    const now = items.findIndex((one) => one === document.activeElement);
    items.at((now + by) % items.length)?.focus();
  }
  async function choose(option: (typeof element.options)[number]): Promise<void> {
    close();
    const sent = await surface.act(block, element, option.value);
    const href = option.url === undefined ? undefined : webAddress(option.url);
    if (sent && href !== undefined) window.open(href, '_blank', 'noopener,noreferrer');
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        class="sbutton square"
        aria-label="More actions"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <Ellipsis size={16} aria-hidden="true" />
      </button>
      {open && (
        <div
          ref={menu}
          id={id}
          class="popup menu"
          role="menu"
          aria-label="More actions"
          popover="manual"
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') move(1);
            else if (event.key === 'ArrowUp') move(-1);
            else if (event.key === 'Escape') close();
            else if (event.key === 'Tab') return setOpen(false);
            else return undefined;
            event.preventDefault();
            event.stopPropagation();
            return undefined;
          }}
        >
          {element.options.map((option) => (
            <button key={option.value} type="button" role="menuitem" onClick={() => void choose(option)}>
              <Plain text={option.text} names={surface.names} />
            </button>
          ))}
        </div>
      )}
    </>
  );
}
