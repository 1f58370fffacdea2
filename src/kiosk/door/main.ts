import '@fontsource-variable/inter/wght.css';
import '../design/tokens.css';
import '../panel/panel.css';
import { IcIcon } from '../design/icon.ts';
import { IcNotice } from '../design/notice.ts';
import { IcAgenda } from '../panel/agenda.ts';
import { IcStatus } from '../panel/status.ts';
import { languageOf } from '../panel/strings.ts';
import { IcDoor } from './door-app.ts';

document.documentElement.lang = languageOf(navigator.language);
customElements.define('ic-icon', IcIcon);
customElements.define('ic-notice', IcNotice);
customElements.define('ic-status', IcStatus);
customElements.define('ic-agenda', IcAgenda);
customElements.define('ic-door', IcDoor);
