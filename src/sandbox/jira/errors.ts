/** A refusal in Jira's own shape: sentences about the request, and sentences by field. */
export class JiraError extends Error {
  readonly status: number;
  readonly errorMessages: readonly string[];
  readonly errors: Readonly<Record<string, string>>;

  constructor(
    status: number,
    errorMessages: readonly string[],
    errors: Readonly<Record<string, string>> = {},
  ) {
    super([...errorMessages, ...Object.values(errors)].join(' '));
    this.name = 'JiraError';
    this.status = status;
    this.errorMessages = errorMessages;
    this.errors = errors;
  }

  /** What is answered. */
  get body(): Readonly<Record<string, unknown>> {
    return { errorMessages: this.errorMessages, errors: this.errors };
  }
}

/** A refusal in the shape of Jira Service Management: one sentence. */
export class ServiceDeskError extends JiraError {
  constructor(status: number, sentence: string) {
    super(status, [sentence]);
    this.name = 'ServiceDeskError';
  }

  override get body(): Readonly<Record<string, unknown>> {
    return { errorMessage: this.errorMessages[0], i18nErrorMessage: { parameters: [] } };
  }
}

export function badRequest(...messages: string[]): JiraError {
  return new JiraError(400, messages);
}

export function badFields(errors: Readonly<Record<string, string>>): JiraError {
  return new JiraError(400, [], errors);
}

/** The same answer whether an issue does not exist or is hidden, so that nobody can probe for issues. */
export function issueNotFound(): JiraError {
  return new JiraError(404, ['Issue does not exist or you do not have permission to see it.']);
}
