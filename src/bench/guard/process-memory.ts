/** Memory of another process, where the system tells: Linux. */
import { readFileSync } from 'node:fs';

export interface ProcessMemory {
  /** Bytes of physical memory now, and the most there ever were. */
  readonly now: number;
  readonly peak: number;
}

/** `VmRSS` and `VmHWM` of proc(5); undefined on other systems, and where the process is gone. */
export function processMemory(pid: number | undefined): ProcessMemory | undefined {
  if (pid === undefined) return undefined;
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const bytes = (name: string): number | undefined => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return found === undefined ? undefined : Number(found) * 1024;
  };
  const [now, peak] = [bytes('VmRSS'), bytes('VmHWM')];
  return now === undefined || peak === undefined ? undefined : { now, peak };
}
