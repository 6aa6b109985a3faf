/** Secrets in settings: `${env:NAME}` keeps them out of the file, and printing hides the others. */

const REFERENCE = /\$\{env:([^}]*)\}/g;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the references of a value, or undefined. */
export function referenceFault(template: string, env: Environment): string | undefined {
  for (const [whole, name = ''] of template.matchAll(REFERENCE)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) return `${whole} needs the name of an environment variable`;
    if ((env[name] ?? '') === '')
      return `the environment variable ${name} is not set; set it, or leave this header out`;
  }
  return undefined;
}

/** The value with every reference replaced; the references have been checked. */
export function expandReferences(template: string, env: Environment): string {
  return template.replaceAll(REFERENCE, (_, name: string) => env[name] ?? '');
}

/** The value as it may be printed: references and the name of the scheme stay, all else is hidden. */
export function redactSecret(template: string): string {
  const hide = (literal: string): string => {
    const scheme = /^(?:Bearer|Basic|Token)\s+/i.exec(literal)?.[0] ?? '';
    return scheme + (literal.length > scheme.length ? '<redacted>' : '');
  };
  let shown = '';
  let end = 0;
  for (const match of template.matchAll(REFERENCE)) {
    shown += hide(template.slice(end, match.index)) + match[0];
    end = match.index + match[0].length;
  }
  return shown + hide(template.slice(end));
}

/** A text that has a URL in it, without the URL's user name and password. */
export function hideCredentials(text: string): string {
  return text.replaceAll(/\/\/[^/@\s]*@/g, '//<redacted>@');
}
