import { otto } from '../../src/sandbox/cast.ts';
import { onOneRig } from '../rig/suites.ts';
import { some } from './durations.ts';
import { fromJira } from './messages-jira.ts';
import { outages, rolesOf } from './messages-outages.ts';
import { fromSlack } from './messages-slack.ts';

onOneRig(
  'messages from and to Slack and Jira',
  {
    serve: [],
    indexDelayMs: 300,
    // A second approver, for when the first one is none any more.
    site: (site) => void rolesOf(site, otto.id).push('qa-manager'),
  },
  some([fromSlack, fromJira, outages], 2),
);
