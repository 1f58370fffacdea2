import type { Notice, Problem } from '../../../src/call/call-state.ts';
import type { Strings } from '../strings.ts';

export type Tone = 'info' | 'warning' | 'danger' | 'good';

/** A notice in the page's language; a code that this page does not know keeps the call's own words. */
export function noticeText(notice: Notice, strings: Strings): { text: string; tone: Tone } {
  const name = notice.params['name'] || strings.somebody;
  const blocked: Partial<Record<string, (name: string) => string>> = {
    microphone: strings.blockedSound,
    'screen-audio': strings.blockedSound,
    screen: strings.blockedScreen,
  };
  switch (notice.code) {
    case 'joined':
      return { text: strings.noticeJoined(name), tone: 'info' };
    case 'left':
      return { text: strings.noticeLeft(name), tone: 'info' };
    case 'rejoined':
      return { text: strings.noticeRejoined, tone: 'good' };
    case 'verification-changed':
      return { text: strings.noticeVerification(name), tone: 'danger' };
    case 'frames-rejected': {
      const sentence = blocked[notice.params['source'] ?? ''] ?? strings.blockedVideo;
      return { text: sentence(name), tone: 'danger' };
    }
    default:
      return { text: notice.message, tone: 'info' };
  }
}

/** A problem in the page's language. */
export function problemText(problem: Problem, strings: Strings): { text: string; detail: string } {
  const texts: Record<string, string> = {
    'call/camera-unavailable': strings.problemCamera,
    'call/microphone-unavailable': strings.problemMicrophone,
    'call/screen-unavailable': strings.problemScreen,
    'call/media-lost': strings.problemMedia,
    'call/nobody-answered': strings.problemAnswer,
    'call/closed-shutdown': strings.problemRestart,
    'call/keys-lost': strings.problemKeys,
    'call/keys-gap': strings.problemKeys,
    'call/keys-disturbed': strings.problemKeys,
    'call/keys-flooded': strings.problemKeys,
    'call/removed': strings.problemKeys,
  };
  if (problem.code === 'call/server-unreachable')
    return { text: strings.unreachableTitle, detail: strings.unreachableText };
  const text = texts[problem.code];
  return text === undefined ? { text: problem.message, detail: problem.action } : { text, detail: '' };
}

export interface EndText {
  readonly title: string;
  readonly text: string;
  /** Shown for whoever helps; null when the sentence says it all. */
  readonly code: string | null;
  readonly action: 'join-again' | 'reload' | 'start';
}

/** Why a call is over; null: the person left. */
export function endText(code: string | null, strings: Strings): EndText {
  if (code === null) return { title: strings.leftTitle, text: strings.leftText, code: null, action: 'join-again' };
  const rows: Record<string, [title: string, text: string, action: EndText['action']]> = {
    'call/refused-link-secret': [strings.wrongLinkTitle, strings.wrongLinkText, 'start'],
    'call/refused-meeting-unknown': [strings.unknownMeetingTitle, strings.unknownMeetingText, 'start'],
    'call/refused-full': [strings.fullTitle, strings.fullText, 'join-again'],
    'call/closed-replaced': [strings.replacedTitle, strings.replacedText, 'join-again'],
    'call/refused-protocol-version': [strings.versionTitle, strings.versionText, 'reload'],
    'call/refused-key-package': [strings.versionTitle, strings.versionText, 'reload'],
    'call/refused-identity': [strings.identityTitle, strings.identityText, 'join-again'],
    'call/server-unreachable': [strings.unreachableTitle, strings.createFailedText, 'join-again'],
  };
  const [title, text, action] = rows[code] ?? [strings.interruptedTitle, strings.interruptedText, 'join-again'];
  return { title, text, code: rows[code] ? null : code, action };
}

/** 30 digits as 6 groups of 5, however they are separated on arrival. */
export function codeGroups(code: string): string[] {
  return code.replaceAll(/\D/g, '').match(/\d{1,5}/g) ?? [];
}

/** Elapsed time as people read clocks: 4:05, 1:02:03. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const pad = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}
