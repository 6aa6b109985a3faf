/** Opens llama.cpp inside a model process. Never builds or downloads anything. */
import { getLlama, LlamaLogLevel, NoBinaryFoundError, type Llama } from 'node-llama-cpp';
import type { GpuChoice } from './protocol.js';
import { SessionLoadError } from './session.js';

/** Rejects with a permanent SessionLoadError when no installed binary fits the machine. */
export async function openLlama(gpu: GpuChoice, threads: number): Promise<Llama> {
  try {
    return await getLlama({
      gpu,
      build: 'never',
      skipDownload: true,
      maxThreads: threads,
      logLevel: LlamaLogLevel.error,
    });
  } catch (error) {
    if (error instanceof NoBinaryFoundError)
      throw new SessionLoadError(
        gpu === false
          ? 'No llama.cpp binary for this machine is installed: reinstall with optional dependencies (npm ci, without --omit=optional).'
          : `No llama.cpp binary for the GPU backend "${gpu}" is installed, or its driver is missing: docs/llama-guard.md says which package to add, or set the guard's gpu to false.`,
        true,
        error,
      );
    throw error;
  }
}
