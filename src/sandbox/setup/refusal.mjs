// @ts-check

/** Set-up can't go on for a reason the person can mend. Shown as sentence and remedy, never with a stack trace. */
export class Refusal extends Error {
  /**
   * @param {string} sentence what is wrong
   * @param {string} [remedy] the next action, often one command to run
   */
  constructor(sentence, remedy) {
    super(remedy ? `${sentence}\n\n    ${remedy}\n` : sentence);
    this.name = 'Refusal';
    this.sentence = sentence;
    this.remedy = remedy;
  }
}

/** This process was told to stop while it was setting up; everything is put back. */
export class Stopped extends Error {
  /** @param {number} code the exit code to end with */
  constructor(code) {
    super('Stopped.');
    this.name = 'Stopped';
    this.code = code;
  }
}
