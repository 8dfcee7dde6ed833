import assert from 'node:assert/strict';
import { canaryOf } from '../../../../src/service/health/canary.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { until } from '../../../until.ts';

describe('the canary', function () {
  this.timeout(60_000);
  let paper: Paper;
  let nowMs: number;
  /** What passes from one look at the clock to the next: while a worker takes it next to nothing, whatever a busy machine takes. */
  let tickMs: number;
  beforeEach(async () => {
    paper = await openPaper();
    nowMs = 0;
    tickMs = 0.01;
  });
  afterEach(() => paper.close());
  const canary = () => canaryOf(paper.deps, () => (nowMs += tickMs));

  /** A worker, until the canary was taken. */
  async function take(): Promise<void> {
    const id = await until('a canary is sent', () => paper.canaries.shift());
    await paper.service.answerCanary(id);
  }

  it('came round when a worker of any process wrote down that it took it', async () => {
    const looking = canary();
    const [found] = await Promise.all([looking.look(), take()]);
    assert.deepEqual(found, { ok: true, says: 'a worker takes jobs' });
    assert.ok(looking.roundTripSeconds()! > 0);
  });

  it('that nobody takes is no answer, also where an older one was answered', async () => {
    await paper.service.answerCanary('of another process, long ago');
    tickMs = 1000;
    const found = await canary().look();
    assert.deepEqual(found, { ok: false, says: 'no worker has taken a job yet' });
    assert.equal(canary().roundTripSeconds(), undefined);
  });

  it('is waited for while workers may be busy; then none is there, and that is said in plain words', async () => {
    const looking = canary();
    await Promise.all([looking.look(), take()]);
    tickMs = 1000;
    const busy = await looking.look();
    assert.equal(busy.ok, true);
    assert.match(busy.says, /no worker has taken a job for \d+ s; all may be busy/);
    nowMs += 60_000;
    const gone = await looking.look();
    assert.equal(gone.ok, false);
    assert.match(
      gone.says,
      /no worker has taken a job for \d+ s; none is running, or none reaches the queue/,
    );
    // What was sent meanwhile nobody takes any more: a worker that comes back must answer the one of this look, once it was sent.
    paper.canaries.length = 0;
    tickMs = 0.01;
    const [back] = await Promise.all([looking.look(), take()]);
    assert.equal(back.ok, true);
  });
});
