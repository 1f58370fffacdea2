import { css } from 'lit';
import { base } from '../../../src/kiosk/design/base.ts';

/** The call fills the window: a line above, the pictures, a line of controls below; a panel beside, or over on a phone. */
export const callPageStyles = [
  base,
  css`
    :host {
      display: grid;
      grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
      grid-template-areas: 'top' 'stage' 'bar';
      height: 100dvh;
      overflow: hidden;
      background: var(--ground);
    }
    header {
      grid-area: top;
      display: flex;
      align-items: center;
      gap: 10px;
      padding: 8px 12px;
    }
    .space {
      flex: 1;
    }
    .lock {
      display: inline-flex;
      align-items: center;
      gap: 8px;
      min-height: 44px;
      padding: 6px 16px 6px 12px;
      border: 1px solid var(--line);
      border-radius: 99px;
      background: var(--surface-raised);
      color: var(--text-quiet);
      font-weight: 600;
      font-size: var(--text-small);
      text-align: left;
      line-height: 1.2;
      cursor: pointer;
      transition: border-color var(--move);
    }
    .lock.closed {
      background: var(--good-soft);
      color: var(--good);
    }
    .lock:hover {
      border-color: currentcolor;
    }
    .time {
      color: var(--text-quiet);
      font-size: var(--text-small);
      font-variant-numeric: tabular-nums;
    }
    main {
      grid-area: stage;
      position: relative;
      display: grid;
      min-height: 0;
      padding: 0 12px;
    }
    nav {
      grid-area: bar;
      display: flex;
      justify-content: center;
      gap: 12px;
      padding: 12px 12px max(14px, env(safe-area-inset-bottom));
    }
    nav ic-icon-button[state='danger'] {
      margin-left: 12px;
    }
    .over {
      position: absolute;
      inset: 10px 20px auto;
      display: grid;
      gap: 8px;
      justify-items: center;
      pointer-events: none;
    }
    .over > * {
      max-width: min(560px, 100%);
    }
    .over ic-notice {
      pointer-events: auto;
      box-shadow: var(--shadow);
    }
    .problems {
      display: grid;
      gap: 8px;
    }
    .alone {
      position: absolute;
      left: 50%;
      bottom: 24px;
      transform: translateX(-50%);
      width: min(520px, calc(100% - 40px));
      padding: 20px 24px 24px;
      border: 1px solid var(--line);
      border-radius: var(--radius);
      background: var(--surface);
      box-shadow: var(--shadow);
    }
    .alone h2 {
      font-size: var(--text-large);
    }
    .alone p {
      margin: 4px 0 14px;
      color: var(--text-quiet);
    }
    /* Passes presses through, and so does not count as covering the windows: what they show is wanted the moment it goes. */
    .waiting {
      pointer-events: none;
      position: absolute;
      inset: 0 12px;
      display: grid;
      align-content: center;
      justify-items: center;
      gap: 8px;
      padding: 24px;
      text-align: center;
      background: var(--ground);
      border-radius: var(--radius);
    }
    .waiting.veil {
      background: rgb(6 8 11 / 82%);
      color: var(--stage-text);
    }
    .waiting.veil p {
      color: #c6d0da;
    }
    .waiting h2 {
      margin-top: 12px;
      font-size: 1.5rem;
      letter-spacing: -0.01em;
    }
    .waiting p {
      color: var(--text-quiet);
    }
    .spinner {
      display: grid;
      place-items: center;
      position: relative;
      width: 72px;
      height: 72px;
      color: var(--accent);
      font-size: 1.375rem;
    }
    .spinner::before {
      content: '';
      position: absolute;
      inset: 0;
      border-radius: 50%;
      border: 3px solid var(--line);
      border-top-color: var(--accent);
      animation: turn 1.1s linear infinite;
    }
    @keyframes turn {
      to {
        transform: rotate(1turn);
      }
    }
    @media (prefers-reduced-motion: reduce) {
      .spinner::before {
        animation: none;
      }
    }
    aside {
      display: grid;
      grid-template-rows: auto minmax(0, 1fr);
      position: fixed;
      inset: 0;
      z-index: 2;
      padding: 8px 16px max(16px, env(safe-area-inset-bottom));
      background: var(--surface);
    }
    .side-head {
      display: flex;
      align-items: center;
      justify-content: space-between;
      padding-bottom: 8px;
    }
    .side-head h2 {
      font-size: 1.125rem;
    }
    .scroll {
      overflow-y: auto;
      scrollbar-width: thin;
    }
    .scroll h3 {
      margin: 24px 0 10px;
      font-size: 1rem;
    }
    @media (min-width: 860px) {
      :host([panel]) {
        grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr) 360px;
        grid-template-areas: 'top side' 'stage side' 'bar side';
      }
      aside {
        position: static;
        grid-area: side;
        margin: 12px 12px 12px 0;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
    }
    @media (max-width: 480px) {
      nav {
        gap: 5px;
        padding-inline: 6px;
        justify-content: space-evenly;
      }
      nav ic-icon-button[state='danger'] {
        margin-left: 0;
      }
      main {
        padding: 0 8px;
      }
      header {
        padding: 8px;
        gap: 6px;
      }
      .lock {
        gap: 6px;
        padding: 6px 10px 6px 8px;
      }
    }
  `,
];
