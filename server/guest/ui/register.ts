import { registerDesign } from '../../../src/kiosk/design/register.ts';
import { GuestApp } from './app.ts';
import { GuestCall } from './call-page.ts';
import { GuestChat } from './chat.ts';
import { GuestCopyLink } from './copy-link.ts';
import { GuestLanding } from './landing-page.ts';
import { GuestLevel } from './level-meter.ts';
import { GuestLinkPage } from './link-page.ts';
import { GuestMessage } from './message-page.ts';
import { GuestNotices } from './notices.ts';
import { GuestPeople } from './people.ts';
import { GuestPrejoin } from './prejoin-page.ts';
import { GuestPrivacy } from './privacy-dialog.ts';
import { GuestShell } from './shell.ts';
import { GuestStage } from './stage.ts';
import { GuestTile } from './tile.ts';
import { GuestVideo } from './video.ts';

/** Names every element of the page; once, before the first is made. */
export function registerElements(): void {
  registerDesign();
  customElements.define('guest-app', GuestApp);
  customElements.define('guest-call', GuestCall);
  customElements.define('guest-chat', GuestChat);
  customElements.define('guest-copy-link', GuestCopyLink);
  customElements.define('guest-landing', GuestLanding);
  customElements.define('guest-level', GuestLevel);
  customElements.define('guest-link-page', GuestLinkPage);
  customElements.define('guest-message', GuestMessage);
  customElements.define('guest-notices', GuestNotices);
  customElements.define('guest-people', GuestPeople);
  customElements.define('guest-prejoin', GuestPrejoin);
  customElements.define('guest-privacy', GuestPrivacy);
  customElements.define('guest-shell', GuestShell);
  customElements.define('guest-stage', GuestStage);
  customElements.define('guest-tile', GuestTile);
  customElements.define('guest-video', GuestVideo);
}
