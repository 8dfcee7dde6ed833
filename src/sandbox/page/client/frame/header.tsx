import { Waves } from 'lucide-preact';
import { page, person } from '../live.ts';
import { actAs, me } from '../me.ts';
import { Avatar } from './avatar.tsx';
import { ThemeSwitch } from './theme.tsx';

/** Who one acts as, what that person may do, and the page's own settings. */
export function Header() {
  return (
    <header class="header">
      <h1 class="brand">
        <span class="brand-mark" aria-hidden="true">
          <Waves size={20} strokeWidth={2.4} />
        </span>
        Freshet <span class="brand-where">sandbox</span>
      </h1>
      <fieldset class="cast">
        <legend class="hidden-visually">Act as</legend>
        {page.value?.people.map(({ id, name, title }) => (
          <label key={id} class="player" data-chosen={me.value === id}>
            <input
              type="radio"
              name="act-as"
              class="hidden-visually"
              checked={me.value === id}
              onChange={() => actAs(id)}
            />
            <Avatar name={name} id={id} />
            <span class="player-text">
              <span class="player-name">{name.split(' ')[0]}</span>
              <span class="player-title">{title}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p class="may" aria-live="polite">
        {person.value && (
          <>
            <strong>{person.value.name}.</strong> {person.value.may}
          </>
        )}
      </p>
      <ThemeSwitch />
    </header>
  );
}
