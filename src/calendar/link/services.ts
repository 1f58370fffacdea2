/** Conference services that a room of this product cannot join, so that it can say what a meeting is on. Public knowledge. */
interface Service {
  readonly name: string;
  /** The hosts and all below them. Empty: any host, it is the path that tells. */
  readonly hosts: readonly string[];
  /** Of a link that leads into a meeting, not to help or a download; null: any path but the root. */
  readonly path: RegExp | null;
}

const services: readonly Service[] = [
  { name: 'Zoom', hosts: ['zoom.us', 'zoom.com', 'zoomgov.com', 'zoom.com.cn'], path: /^\/(j|my|s|w|wc|meeting)\// },
  {
    name: 'Microsoft Teams',
    hosts: ['teams.microsoft.com', 'teams.live.com', 'teams.microsoft.us', 'teams.cloud.microsoft'],
    path: /^\/(l\/meetup-join|meet|_#\/l\/meetup-join|dl\/launcher)\b/,
  },
  { name: 'Google Meet', hosts: ['meet.google.com'], path: null },
  { name: 'Google Hangouts', hosts: ['hangouts.google.com'], path: null },
  { name: 'Webex', hosts: ['webex.com', 'webex.com.cn'], path: null },
  {
    name: 'Jitsi',
    hosts: ['meet.jit.si', 'jitsi.org', 'rendez-vous.renater.fr', 'webconf.numerique.gouv.fr'],
    path: null,
  },
  { name: '8x8', hosts: ['8x8.vc', 'meet.8x8.com'], path: null },
  { name: 'kMeet', hosts: ['kmeet.infomaniak.com'], path: null },
  { name: 'Visio', hosts: ['visio.numerique.gouv.fr'], path: null },
  { name: 'Element Call', hosts: ['call.element.io'], path: null },
  { name: 'Whereby', hosts: ['whereby.com'], path: null },
  { name: 'GoTo Meeting', hosts: ['gotomeeting.com', 'gotomeet.me', 'meet.goto.com', 'app.goto.com'], path: null },
  { name: 'BlueJeans', hosts: ['bluejeans.com'], path: null },
  { name: 'Skype for Business', hosts: ['meet.lync.com'], path: null },
  { name: 'Skype', hosts: ['join.skype.com'], path: null },
  { name: 'Amazon Chime', hosts: ['chime.aws'], path: null },
  {
    name: 'RingCentral',
    hosts: ['v.ringcentral.com', 'meetings.ringcentral.com', 'video.ringcentral.com'],
    path: null,
  },
  { name: 'Dialpad', hosts: ['meetings.dialpad.com', 'uberconference.com'], path: null },
  { name: 'Pexip', hosts: ['pexip.me', 'pexip.com', 'vc.pexip.io'], path: null },
  { name: 'StarLeaf', hosts: ['meet.starleaf.com'], path: null },
  { name: 'Lifesize', hosts: ['call.lifesizecloud.com'], path: null },
  { name: 'Vonage', hosts: ['meetings.vonage.com'], path: null },
  { name: 'Tixeo', hosts: ['tixeo.com'], path: /meeting|join/i },
  { name: 'OpenTalk', hosts: ['opentalk.eu', 'opentalk.run'], path: /^\/(room|invite)\// },
  { name: 'Livestorm', hosts: ['app.livestorm.co'], path: null },
  {
    name: 'Zoho Meeting',
    hosts: ['meeting.zoho.com', 'meeting.zoho.eu', 'meeting.zoho.in', 'meet.zoho.com'],
    path: null,
  },
  { name: 'Lark', hosts: ['vc.larksuite.com', 'vc.feishu.cn'], path: null },
  { name: 'Tencent Meeting', hosts: ['meeting.tencent.com', 'voovmeeting.com'], path: null },
  { name: 'FaceTime', hosts: ['facetime.apple.com'], path: null },
  { name: 'Slack', hosts: ['app.slack.com'], path: /^\/huddle\// },
  { name: 'Discord', hosts: ['discord.gg', 'discord.com'], path: /^\/(channels|invite|[A-Za-z0-9]{6,})\b/ },
  { name: 'Gather', hosts: ['gather.town'], path: /^\/(app|invite)\b/ },
  { name: 'Proton Meet', hosts: ['meet.proton.me'], path: null },
  { name: 'Webinaire', hosts: ['webinaire.numerique.gouv.fr'], path: null },
  {
    name: 'BigBlueButton',
    hosts: [],
    path: /^\/(b\/[a-z0-9]{3}(-[a-z0-9]{3}){2,3}|rooms\/[a-z0-9]{3}(-[a-z0-9]{3}){3}\/join|bigbluebutton\/)/,
  },
  { name: 'Nextcloud Talk', hosts: [], path: /^(\/index\.php)?\/call\/[a-z0-9]{8,32}$/ },
];

/** The service that a link leads to; null when it is none of those known. */
export function serviceOf(url: URL): string | null {
  const found = services.find(({ hosts, path }) => {
    const isHost = hosts.length === 0 || hosts.some((host) => isAtOrBelow(url.hostname, host));
    return isHost && (path === null ? url.pathname.length > 1 : path.test(url.pathname));
  });
  return found?.name ?? null;
}

export function isAtOrBelow(hostname: string, host: string): boolean {
  return hostname === host || hostname.endsWith(`.${host}`);
}
