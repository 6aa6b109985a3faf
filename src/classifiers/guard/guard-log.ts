/** Where the guard tells the operator what happens to it. Lines never hold judged text. */
export type GuardLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;

export const silentLog: GuardLog = () => undefined;
