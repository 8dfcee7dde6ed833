import { DatabasesPane } from '../databases/pane.tsx';
import { WorkBar } from '../freshet/work-bar.tsx';
import { pane } from '../go.ts';
import { JiraPane } from '../jira/pane.tsx';
import { connection } from '../live.ts';
import { SlackPane } from '../slack/pane.tsx';
import { Guide } from './guide.tsx';
import { Header } from './header.tsx';
import { Notices } from './notices.tsx';
import { Tabs } from './tabs.tsx';

/** The whole page: who one is, what to try, Slack and the board beside each other, the databases below. */
export function Frame() {
  return (
    <div class="frame" data-pane={pane.value}>
      <Header />
      {connection.value === 'lost' && (
        <p class="gone" role="alert">
          The sandbox is gone. What you see is what was there last; the page comes back with it.
        </p>
      )}
      <Guide />
      <Tabs />
      <WorkBar />
      <main class="panes">
        <section class="pane pane-slack" aria-label="Slack">
          <SlackPane />
        </section>
        <section class="pane pane-jira" aria-label="Jira board">
          <JiraPane />
        </section>
        <section class="pane pane-databases" aria-label="Databases and backups">
          <DatabasesPane />
        </section>
      </main>
      <Notices />
    </div>
  );
}
