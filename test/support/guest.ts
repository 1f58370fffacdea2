import type { Browser, Page } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import { watchConnections } from './guest-media.ts';

/** A person in Chromium on the real guest page. */
export interface TestGuest {
  readonly page: Page;
  state(): Promise<CallState>;
  /** Polls the state until `holds`; fails with the last state in its message. */
  until(what: string, holds: (state: CallState) => boolean, timeoutMs?: number): Promise<CallState>;
  /** Waits until the person sees this text. */
  sees(text: string | RegExp, timeoutMs?: number): Promise<void>;
  chat(text: string): Promise<void>;
  /** Presses the button of this name. */
  press(name: string): Promise<void>;
  /** The verification code that the page shows, its 30 digits. */
  code(): Promise<string>;
  /** What the browser's console got. */
  console(): string;
  close(): Promise<void>;
}

export async function openGuest(
  browser: Browser,
  link: string,
  name: string,
  camera: 'on' | 'off' = 'on',
): Promise<TestGuest> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en' });
  await watchConnections(context);
  const page = await context.newPage();
  let output = '';
  page.on('console', (message) => (output += `${message.text()}\n`));
  page.on('pageerror', (error) => (output += `${error.message}\n`));
  await page.goto(link);
  await page.getByLabel('Your name').fill(name);
  if (camera === 'off') await page.locator('guest-prejoin ic-icon-button[icon="video"]').click();
  await page.getByRole('button', { name: 'Join meeting' }).click();
  const state = (): Promise<CallState> =>
    page.evaluate(() => {
      const app = document.querySelector('guest-app') as unknown as { deps: { controller: { state: CallState } } };
      return app.deps.controller.state;
    });
  return {
    page,
    state,
    until: async (what, holds, timeoutMs = 15_000) => {
      const deadline = Date.now() + timeoutMs;
      let last: CallState | null = null;
      while (Date.now() < deadline) {
        last = await state();
        if (holds(last)) return last;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(
        `${name}: not within ${timeoutMs} ms: ${what}; state ${JSON.stringify(last)}\n${output.slice(-3_000)}`,
      );
    },
    sees: (text, timeoutMs = 15_000) => page.getByText(text).first().waitFor({ state: 'visible', timeout: timeoutMs }),
    chat: async (text) => {
      const box = page.getByPlaceholder('Write a message');
      if (!(await box.isVisible())) await page.locator('guest-call ic-icon-button[icon="chat"]').click();
      await box.fill(text);
      await box.press('Enter');
    },
    press: (label) => page.getByRole('button', { name: label, exact: true }).first().click(),
    code: async () => {
      await page.getByRole('button', { name: 'End-to-end encrypted' }).click();
      const shown = await page.getByRole('group', { name: 'Verification code' }).innerText();
      await page.keyboard.press('Escape');
      return shown.replaceAll(/\D/g, '');
    },
    console: () => output,
    close: () => context.close(),
  };
}
