// @ts-check

/** @typedef {ReturnType<typeof tally>} Tally */

/** Counts what passed, failed and was skipped, says so as it goes and in full at the end. */
export function tally(print = console.log, now = Date.now) {
  let passed = 0;
  let leftOut = 0;
  /** When the first of the fault files began and the last one ended. */
  const faults = { files: 0, beganAt: Infinity, endedAt: 0 };
  /** @type {{ where: string, title: string, error: string, output?: string }[]} */
  const failures = [];
  /** @type {{ where: string, title: string, reason: string }[]} */
  const skips = [];

  return {
    /** @param {string} name @param {string | undefined} found @param {number} ms */
    check(name, found, ms) {
      print(`  ${found === undefined ? 'ok    ' : 'FAILED'} ${name} (${seconds(ms)})`);
      if (found === undefined) passed += 1;
      else failures.push({ where: 'checks', title: name, error: found });
    },
    /** @param {import('./job.mjs').Outcome} outcome @param {string} output what the tests printed */
    job({ job, passed: count, failed, skipped, left, ms }, output) {
      passed += count;
      leftOut += left;
      if (job.name.startsWith('test/faults/')) {
        faults.files += 1;
        faults.beganAt = Math.min(faults.beganAt, now() - ms);
        faults.endedAt = now();
      }
      for (const [at, one] of failed.entries()) {
        failures.push({ where: job.name, ...one, ...(at === failed.length - 1 && output ? { output } : {}) });
      }
      for (const one of skipped) skips.push({ where: job.name, ...one });
      const parts = [`${count} passed`];
      if (failed.length > 0) parts.push(`${failed.length} failed`);
      if (skipped.length > 0) parts.push(`${skipped.length} skipped`);
      if (count + failed.length + skipped.length === 0) return;
      print(`  ${failed.length > 0 ? 'FAILED' : 'ok    '} ${job.name}: ${parts.join(', ')} (${seconds(ms)})`);
      // Whoever sees only the beginning of a long output still learns which.
      for (const { title, error } of failed) print(`           ${title}: ${error.split('\n', 1)[0]}`);
    },
    /** @param {string} title @param {string} error */
    fail(title, error) {
      print(`  FAILED ${title}`);
      failures.push({ where: 'the run', title, error });
    },
    /**
     * Prints skips, failures and, last, the counts.
     * @param {string} [about] said once more before them
     * @returns {0 | 1} the exit code
     */
    conclude(about) {
      if (skips.length > 0) print('\nSkipped');
      for (const { where, title, reason } of skips) print(`  ${where}: ${title}\n    because: ${reason}`);
      if (failures.length > 0) print('\nFailed');
      for (const [at, { where, title, error, output }] of failures.entries()) {
        print(`\n${at + 1}. ${where}: ${title}\n${indent(error)}`);
        if (output) print(`   The end of what this process printed:\n${indent(output)}`);
      }
      if (faults.files > 0)
        print(
          `\nFaults: ${faults.files} files, ${seconds(faults.endedAt - faults.beganAt)} from the first to the last`,
        );
      if (leftOut > 0) print(`\n${leftOut} cases of faults were left to the long form: npm run faults`);
      // Whoever sees only the end of a long output still learns which, and why.
      if (failures.length > 1) print('\nFailed, in short');
      for (const { where, title, error } of failures.length > 1 ? failures : []) {
        print(
          `  ${short(where.replace('.test.ts', ''), 40)}: ${short(title, 80)}: ${short(error.split(/\n\s+at /, 1)[0] ?? '', 240)}`,
        );
      }
      const nothing = passed + failures.length === 0;
      if (nothing) print('\nNothing ran.');
      if (about !== undefined) print(`\n${about}`);
      print(`\n${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
      return failures.length > 0 || nothing ? 1 : 0;
    },
  };
}

/** @param {string} text */
function indent(text) {
  return text.replaceAll(/^/gm, '   ');
}

/** On one line. @param {string} text @param {number} most */
function short(text, most) {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > most ? `…${line.slice(1 - most)}` : line;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
