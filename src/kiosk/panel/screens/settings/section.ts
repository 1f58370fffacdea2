import { css, LitElement } from 'lit';
import { base } from '../../../design/base.ts';
import { sentenceOf } from '../../panel-app.ts';
import { ApiError, type RoomClient } from '../../room-client.ts';

/** What a section of the settings shares: asking the daemon with the PIN's token, and saying when that failed. */
export class SettingsSection extends LitElement {
  static override properties = {
    client: { attribute: false },
    token: { attribute: false },
    now: { attribute: false },
    busy: { attribute: false },
    outcome: { attribute: false },
  };
  declare client: RoomClient;
  declare token: string | null;
  declare now: number;
  declare busy: boolean;
  /** What came of the last thing asked. */
  declare outcome: { readonly good: boolean; readonly text: string } | null;

  constructor() {
    super();
    this.token = null;
    this.now = Date.now();
    this.busy = false;
    this.outcome = null;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 16px;
        align-content: start;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 10px 24px;
        font-size: var(--text-large);
      }
      dt,
      .quiet {
        color: var(--text-quiet);
      }
      dd {
        overflow-wrap: anywhere;
        font-variant-numeric: tabular-nums;
      }
      h2 {
        font-size: var(--text-large);
      }
      li {
        display: flex;
        align-items: center;
        gap: 16px;
        min-height: 64px;
        font-size: var(--text-large);
      }
      li + li {
        border-top: 1px solid var(--line);
      }
      li > :first-child {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .problem {
        color: var(--warning);
        font-size: var(--text-body);
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
        align-items: center;
      }
    `,
  ];

  /** Runs one request at a time and keeps what it came to; a token that is no longer good locks the settings. */
  protected async ask(request: () => Promise<string>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.outcome = null;
    try {
      const text = await request();
      this.outcome = text === '' ? null : { good: true, text };
    } catch (error) {
      if (error instanceof ApiError && error.code === 'admin/locked')
        this.dispatchEvent(new CustomEvent('ic-locked', { bubbles: true, composed: true }));
      this.outcome = { good: false, text: sentenceOf(error) };
    } finally {
      this.busy = false;
    }
  }
}
