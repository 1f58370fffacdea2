import '@fontsource-variable/inter/wght.css';
import '../design/tokens.css';
import './panel.css';
import { registerDesign } from '../design/register.ts';
import { IcPanel } from './panel-app.ts';
import { IcAmbient } from './screens/ambient.ts';
import { IcCall } from './screens/call.ts';
import { IcJoin } from './screens/join.ts';
import { IcPrivacy } from './screens/privacy.ts';
import { languageOf } from './strings.ts';

document.documentElement.lang = languageOf(navigator.language);
registerDesign();
customElements.define('ic-ambient', IcAmbient);
customElements.define('ic-join', IcJoin);
customElements.define('ic-privacy', IcPrivacy);
customElements.define('ic-call', IcCall);
customElements.define('ic-panel', IcPanel);
