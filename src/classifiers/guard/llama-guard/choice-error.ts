/** The operator's choice cannot be put into this model's prompt. The message says what to change. */
export class PromptChoiceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PromptChoiceError';
  }
}
