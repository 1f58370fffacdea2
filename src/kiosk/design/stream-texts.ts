import type { StreamLimit } from '../../call/media-engine.ts';
import type { MediaSourceName } from '../../call/signalling/messages.ts';

/** Words of the view of what is sent and received, the same on every page. */
export interface StreamTexts {
  /** For numbers. */
  readonly locale: string;
  readonly caption: string;
  readonly none: string;
  readonly sending: string;
  readonly receiving: string;
  readonly you: string;
  readonly somebody: string;
  readonly columns: {
    readonly stream: string;
    readonly picture: string;
    readonly size: string;
    readonly rate: string;
    readonly loss: string;
    readonly limit: string;
  };
  readonly sources: Readonly<Record<MediaSourceName, string>>;
  readonly limits: Readonly<Record<StreamLimit, string>>;
  readonly off: string;
  readonly kbps: (rate: string) => string;
  readonly mbps: (rate: string) => string;
  readonly fps: (frames: string) => string;
  readonly percent: (share: string) => string;
  /** Of a shared screen, whose height nobody knows by heart. */
  readonly wholeSize: string;
  readonly halfSize: string;
  readonly quarterSize: string;
  readonly sizeAt: (size: string, rate: string) => string;
  readonly asWanted: (size: string) => string;
  readonly wantedSent: (wanted: string, sent: string) => string;
  readonly wantedReceived: (wanted: string, received: string) => string;
  readonly nothingWanted: string;
  readonly nothing: string;
}

const en: StreamTexts = {
  locale: 'en',
  caption: 'What is sent and received now',
  none: 'Nothing is sent or received now.',
  sending: 'Sending',
  receiving: 'Receiving',
  you: 'You',
  somebody: 'Somebody',
  columns: {
    stream: 'From',
    picture: 'Picture',
    size: 'Size wanted',
    rate: 'Data',
    loss: 'Loss',
    limit: 'Limited by',
  },
  sources: { camera: 'Camera', screen: 'Screen', microphone: 'Microphone', 'screen-audio': 'Sound of the screen' },
  limits: {
    window: 'small window',
    hidden: 'not visible',
    nobody: 'nobody is watching',
    network: 'slow network',
    cpu: 'busy computer',
  },
  off: 'turned off',
  kbps: (rate) => `${rate} kbps`,
  mbps: (rate) => `${rate} Mbps`,
  fps: (frames) => `${frames} fps`,
  percent: (share) => `${share}%`,
  wholeSize: 'full size',
  halfSize: 'half size',
  quarterSize: 'quarter size',
  sizeAt: (size, rate) => `${size} at ${rate}`,
  asWanted: (size) => `${size}, as wanted`,
  wantedSent: (wanted, sent) => `wanted ${wanted}, sent ${sent}`,
  wantedReceived: (wanted, received) => `wanted ${wanted}, received ${received}`,
  nothingWanted: 'nothing wanted',
  nothing: 'nothing',
};

const fr: StreamTexts = {
  locale: 'fr',
  caption: 'Ce qui est envoyé et reçu en ce moment',
  none: 'Rien n’est envoyé ni reçu en ce moment.',
  sending: 'Envoi',
  receiving: 'Réception',
  you: 'Vous',
  somebody: 'Quelqu’un',
  columns: {
    stream: 'De',
    picture: 'Image',
    size: 'Taille demandée',
    rate: 'Débit',
    loss: 'Perte',
    limit: 'Limité par',
  },
  sources: { camera: 'Caméra', screen: 'Écran', microphone: 'Micro', 'screen-audio': 'Son de l’écran' },
  limits: {
    window: 'petite fenêtre',
    hidden: 'non visible',
    nobody: 'personne ne regarde',
    network: 'réseau lent',
    cpu: 'ordinateur occupé',
  },
  off: 'éteint',
  kbps: (rate) => `${rate} kbit/s`,
  mbps: (rate) => `${rate} Mbit/s`,
  fps: (frames) => `${frames} i/s`,
  percent: (share) => `${share}\u00a0%`,
  wholeSize: 'taille réelle',
  halfSize: 'demi-taille',
  quarterSize: 'quart de taille',
  sizeAt: (size, rate) => `${size} à ${rate}`,
  asWanted: (size) => `${size}, comme demandé`,
  wantedSent: (wanted, sent) => `${wanted} demandé, ${sent} envoyé`,
  wantedReceived: (wanted, received) => `${wanted} demandé, ${received} reçu`,
  nothingWanted: 'rien de demandé',
  nothing: 'rien',
};

export const streamTexts: Readonly<Record<'en' | 'fr', StreamTexts>> = { en, fr };
