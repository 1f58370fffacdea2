import { css } from 'lit';

/** What screens behind the ambient one have in common: a way back, a title, and the rest below. */
export const subScreen = css`
  :host {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    gap: 16px;
    padding: 20px 32px 24px;
    min-height: 0;
  }
  .top {
    display: flex;
    align-items: center;
    gap: 20px;
  }
  .top h1 {
    flex: 1;
    font-size: 28px;
    line-height: 1.2;
  }
  .intro {
    color: var(--text-quiet);
    font-size: var(--text-large);
  }
`;
