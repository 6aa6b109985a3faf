/** Debian's Chromium for tests of what a person sees, and a watch on what the page does behind the scenes. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** A missing browser fails the test: a page nobody looked at is not a tested page. */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(
      `There is no browser at ${CHROMIUM}. Install one (Debian: apt-get install -y chromium) ` +
        'or set CHROMIUM to a Chromium or Chrome executable.',
    );
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

export interface PageWatch {
  /** Console errors and warnings, uncaught exceptions, and violations of the content security policy. */
  readonly faults: string[];
  /** URLs asked for outside the allowed origin. */
  readonly strangers: string[];
}

/**
 * Starts watching; call it before the page is opened.
 * @param origin the only origin the page may talk to
 */
export async function watchPage(page: Page, origin: string): Promise<PageWatch> {
  const watch: PageWatch = { faults: [], strangers: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      watch.faults.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => watch.faults.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) watch.strangers.push(request.url());
  });
  await page.exposeFunction('reportViolation', (text: string) => watch.faults.push(`policy: ${text}`));
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', (event) =>
      reportViolation(event.violatedDirective + ' ' + event.blockedURI));`,
  );
  return watch;
}
