import assert from 'node:assert/strict';
import { readEnvironment, secretsOf } from '../../config/environment.ts';
import { SiteInvalid } from '../../config/faults.ts';

describe('the environment of the process', () => {
  it('has defaults, and takes an empty variable for none', () => {
    const plain = { sitePath: 'config/site.yaml', logLevel: 'info', slackApiUrl: 'https://slack.com/api/' };
    assert.deepEqual(readEnvironment({}), plain);
    assert.deepEqual(readEnvironment({ FRESHET_CONFIG: '', REDIS_URL: '', LOG_LEVEL: '' }), plain);
  });

  it('points elsewhere', () => {
    const environment = readEnvironment({
      FRESHET_CONFIG: '/etc/freshet/site.yaml',
      DATABASE_URL: 'postgresql:///freshet?host=/run/postgresql',
      MIGRATE_DATABASE_URL: 'postgresql://owner@db/freshet',
      REDIS_URL: '/run/redis.sock',
      SLACK_API_URL: 'http://127.0.0.1:4000/api',
      JIRA_BASE_URL: 'http://127.0.0.1:4001/',
      LOG_LEVEL: 'debug',
    });
    assert.deepEqual(environment, {
      sitePath: '/etc/freshet/site.yaml',
      databaseUrl: 'postgresql:///freshet?host=/run/postgresql',
      migrateDatabaseUrl: 'postgresql://owner@db/freshet',
      redisUrl: '/run/redis.sock',
      slackApiUrl: 'http://127.0.0.1:4000/api/',
      jiraBaseUrl: 'http://127.0.0.1:4001',
      logLevel: 'debug',
    });
  });

  it('refuses all that is wrong at once and shows no value', () => {
    assert.throws(
      () =>
        readEnvironment({
          DATABASE_URL: 'mysql://bot:hunter2@db/x',
          REDIS_URL: 'http://:hunter2@redis',
          LOG_LEVEL: 'loud',
          JIRA_BASE_URL: 'http://jira.example.org',
        }),
      (error: unknown) => {
        assert(error instanceof SiteInvalid);
        assert.equal(error.code, 'environment-invalid');
        assert.deepEqual(
          error.faults.map(({ path }) => path),
          ['DATABASE_URL', 'JIRA_BASE_URL', 'LOG_LEVEL', 'REDIS_URL'],
        );
        assert(!error.render().includes('hunter2'));
        assert.match(
          error.render(),
          /LOG_LEVEL\n {4}The value is not allowed and not shown; expected trace, debug, info/,
        );
        return true;
      },
    );
  });

  it('knows the passwords within addresses', () => {
    const databaseUrl = 'postgresql://bot:p%40ss@db/freshet';
    assert.deepEqual(
      secretsOf(readEnvironment({ DATABASE_URL: databaseUrl, REDIS_URL: 'redis://redis:6379' })),
      [databaseUrl, 'p%40ss', 'p@ss'],
    );
  });
});
