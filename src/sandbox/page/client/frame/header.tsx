import { page } from '../live.ts';
import { actAs, me } from '../me.ts';

/** Who one acts as. */
export function Header() {
  return (
    <header class="header">
      <h1>Freshet sandbox</h1>
      <div role="group" aria-label="Act as">
        {page.value?.people.map(({ id, name, title, may }) => (
          <button
            key={id}
            type="button"
            class="button"
            title={may}
            aria-pressed={me.value === id}
            onClick={() => actAs(id)}
          >
            {name} · {title}
          </button>
        ))}
      </div>
    </header>
  );
}
