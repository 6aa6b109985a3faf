/** Judge ids of generative guards; the settings, the files' recognition and the remote guards share them. */
export const GUARD_FAMILIES = [
  'llama-guard-1',
  'llama-guard-2',
  'llama-guard-3',
  'llama-guard-4',
  'shieldgemma',
  'granite-guardian',
] as const;

export type GuardFamilyId = (typeof GUARD_FAMILIES)[number];
