import { createHash } from 'node:crypto';
import { pause, RetryAfter } from '../../../service/feed.ts';
import type { Cards } from '../cards.ts';
import { patiently, refusalCode } from '../connection/clients.ts';
import type { Front } from '../deps.ts';
import { isOurs } from '../member.ts';
import { look, type Look } from './look.ts';
import { homePage, strangerPage, type HomePage } from './page.ts';

/** The name under which the store keeps who looks. */
export const homeFront = 'slack-home';

/** Somebody who does not open it for so long is shown nothing new until they come again. */
const forgetSeconds = 28 * 86_400;
/** Slack takes some 100 pages a minute. */
const secondsForEach = 0.7;
/** How often it is looked whether anything has grown old, and whether the one who keeps the Homes is gone. */
const lookEverySeconds = 15;
const leaseSeconds = 45;
/** What was read is shown to others for so long; after that it is read again. */
const freshMs = 1000;
const mostAttempts = 4;

/** What the store keeps of a Home: a digest of what it shows, and Slack's own mark of that version. Neither where that is not known. */
type Shown = { digest?: string; hash?: string };

/** Somebody opened their Home; `hash` is Slack's mark of what it showed them then. */
export type Visit = { user: string; teams: readonly string[]; hash?: string };

export type Homes = ReturnType<typeof homeKeeper>;

/** Draws the Homes of those who opened theirs, and keeps them current. All that it knows is in the store and in Slack. */
export function homeKeeper(front: Front, cards: Cards) {
  const { service, site, log } = front;
  const { viewers } = service;
  const restSeconds = front.homeSeconds ?? 2;

  const freshLook = () => look(front, cards);

  async function shownTo(user: string): Promise<Shown | undefined> {
    const viewer = await viewers.get(homeFront, user);
    return viewer === undefined ? undefined : readShown(viewer.shown);
  }

  async function draw(user: string, looking: () => Promise<Look>): Promise<HomePage> {
    const person = await service.personOver('slack', user);
    if (person === undefined) return strangerPage(user);
    return homePage(await (await looking()).of(person), site.people);
  }

  /**
   * Brings a Home to how things stand; false where it shows that already or nobody looks. Several processes may do so at once:
   * Slack takes a page only as the successor of the version that this one knew, and whoever has shown something looks
   * again afterwards. So the newest state is what stays.
   */
  async function show(user: string, looking: () => Promise<Look> = freshLook): Promise<boolean> {
    let drawn: string | undefined;
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      // Before the reading: who publishes in between makes this one start again.
      const known = await shownTo(user);
      if (known === undefined) return false;
      const view = await draw(user, attempt === 1 ? looking : freshLook);
      const digest = createHash('sha256').update(JSON.stringify(view)).digest('base64url');
      if (digest === (drawn ?? known.digest)) return attempt > 1;
      const outcome = await publish(user, view, known);
      if (outcome === 'refused') {
        await viewers.show(homeFront, user, { digest });
        return true;
      }
      if (outcome === 'outdated') continue;
      await viewers.show(homeFront, user, { digest, ...outcome });
      drawn = digest;
    }
    return true;
  }

  async function publish(
    user: string,
    view: HomePage,
    known: Shown,
  ): Promise<{ hash?: string } | 'outdated' | 'refused'> {
    try {
      const { view: answer } = await patiently(() =>
        front.clients.homes.views.publish({
          user_id: user,
          view,
          ...(known.hash === undefined ? {} : { hash: known.hash }),
        }),
      );
      return answer?.hash === undefined ? {} : { hash: answer.hash };
    } catch (error) {
      if (error instanceof RetryAfter) throw error;
      const code = refusalCode(error);
      if (code === 'hash_conflict') {
        // Unless somebody else wrote down what they showed, it is our own note that is wrong.
        if ((await shownTo(user))?.hash === known.hash) await viewers.show(homeFront, user, {});
        return 'outdated';
      }
      if (code === undefined) {
        // It may have been done, or be done yet.
        await viewers.show(homeFront, user, {}).catch(() => undefined);
        throw error;
      }
      log.warn({ err: error, user, code }, 'Slack refuses a Home; it is tried again with the next change');
      return 'refused';
    }
  }

  return {
    show,

    /** Shows somebody what came of what they just did there. Never throws. */
    async refresh(user: string): Promise<void> {
      await show(user).catch((error: unknown) => {
        log.warn({ err: error, user }, 'a Home could not be brought up to date; it is with the next round');
      });
    },

    /** Draws the Home of somebody who opens it, and remembers them. Never throws: what fails is made good by `keep`. */
    async visited({ user, teams, hash }: Visit): Promise<void> {
      try {
        if (!(await isOurs(front, teams))) return;
        await viewers.seen(homeFront, user, service.now());
        const known = await shownTo(user);
        // Not what we showed last, such as nothing after the app was installed again.
        if (known?.digest !== undefined && known.hash !== hash) await viewers.show(homeFront, user, {});
        await show(user);
      } catch (error) {
        log.warn({ err: error, user }, 'a Home could not be drawn; it is tried again');
      }
    },

    /**
     * Until `signal`: brings every Home to how things stand whenever something happens, at Slack's pace and always to the newest state. By one
     * process at a time; whoever takes over looks at all of them.
     */
    async keep(signal: AbortSignal): Promise<void> {
      const leads = () => service.lease(homeFront, leaseSeconds);
      while (!signal.aborted) {
        const resting = new AbortController();
        const stop = () => resting.abort();
        signal.addEventListener('abort', stop, { once: true });
        // From before the reading on: what happens meanwhile begins the next round at once.
        const news = service.events.wait(lookEverySeconds, resting.signal);
        try {
          if (await leads()) await round(leads, signal);
          await news;
        } catch (error) {
          log.warn({ err: error }, 'Homes could not be brought up to date; they are with the next round');
          await pause(error instanceof RetryAfter ? error.seconds : lookEverySeconds, signal);
        } finally {
          resting.abort();
          signal.removeEventListener('abort', stop);
        }
        // What happens together is shown together.
        await pause(restSeconds, signal);
      }
    },
  };

  async function round(leads: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    await viewers.forget(homeFront, new Date(service.now().getTime() - forgetSeconds * 1000));
    let seen: { at: number; look: Promise<Look> } | undefined;
    const looking = () => {
      if (seen === undefined || Date.now() - seen.at > freshMs)
        seen = { at: Date.now(), look: look(front, cards) };
      return seen.look;
    };
    for (const { who } of await viewers.list(homeFront)) {
      if (signal.aborted) return;
      if (!(await show(who, looking))) continue;
      await pause(Math.min(secondsForEach, restSeconds), signal);
      if (!(await leads())) return;
    }
  }
}

function readShown(kept: unknown): Shown {
  if (typeof kept !== 'object' || kept === null) return {};
  const { digest, hash } = kept as Record<string, unknown>;
  return {
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(typeof hash === 'string' ? { hash } : {}),
  };
}
