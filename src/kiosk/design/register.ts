import { IcBadge } from './badge.ts';
import { IcButton } from './button.ts';
import { IcChoice } from './choice.ts';
import { IcDialog } from './dialog.ts';
import { IcField } from './field.ts';
import { IcIconButton } from './icon-button.ts';
import { IcIcon } from './icon.ts';
import { IcKeyboard } from './keyboard.ts';
import { IcNotice } from './notice.ts';
import { IcQr } from './qr.ts';
import { IcStreamTable } from './stream-table.ts';
import { IcTileLabel } from './tile-label.ts';

/** Names the components for HTML; once a page, before its first rendering. */
export function registerDesign(): void {
  customElements.define('ic-icon', IcIcon);
  customElements.define('ic-badge', IcBadge);
  customElements.define('ic-button', IcButton);
  customElements.define('ic-choice', IcChoice);
  customElements.define('ic-dialog', IcDialog);
  customElements.define('ic-field', IcField);
  customElements.define('ic-icon-button', IcIconButton);
  customElements.define('ic-keyboard', IcKeyboard);
  customElements.define('ic-notice', IcNotice);
  customElements.define('ic-qr', IcQr);
  customElements.define('ic-stream-table', IcStreamTable);
  customElements.define('ic-tile-label', IcTileLabel);
}
