/** Bounds the work of one scan, so that neither a rule nor an input can make it run on. */

export class BudgetError extends Error {
  constructor(
    readonly reason: 'steps' | 'deadline',
    readonly rule: string,
  ) {
    super(
      reason === 'steps'
        ? `rule ${rule} needs too many steps on this input`
        : `the deadline passed while rule ${rule} ran`,
    );
  }
}

const CLOCK_INTERVAL = 4096;

export class Budget {
  private steps = 0;
  private rule = '';

  /**
   * @param stepsPerRule how many node comparisons one rule may make
   * @param deadline `performance.now()` value after which every step throws
   */
  constructor(
    private readonly stepsPerRule: number,
    private readonly deadline: number,
  ) {}

  startRule(rule: string): void {
    this.rule = rule;
    this.steps = 0;
    this.checkClock();
  }

  /** Counts one comparison. Throws BudgetError when a limit is passed. */
  step(): void {
    this.steps++;
    if (this.steps > this.stepsPerRule) throw new BudgetError('steps', this.rule);
    if (this.steps % CLOCK_INTERVAL === 0) this.checkClock();
  }

  private checkClock(): void {
    if (performance.now() > this.deadline) throw new BudgetError('deadline', this.rule);
  }
}
