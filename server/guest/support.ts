import type { MissingFeature } from './strings.ts';

/** The browser's global object, of which any part may be missing. */
export interface BrowserScope {
  readonly isSecureContext: boolean;
  readonly navigator: object;
  readonly crypto?: { readonly subtle?: unknown };
  readonly RTCRtpSender?: {
    getCapabilities(kind: string): { readonly codecs: readonly { readonly mimeType: string }[] } | null;
  };
}

/** What this browser lacks for an encrypted call; empty when it has everything. */
export function missingFeatures(scope: BrowserScope): MissingFeature[] {
  const checks: [MissingFeature, boolean][] = [
    ['secure-context', scope.isSecureContext],
    ['webrtc', 'RTCPeerConnection' in scope && 'mediaDevices' in scope.navigator],
    ['encoded-transform', 'RTCRtpScriptTransform' in scope],
    ['web-crypto', scope.crypto?.subtle !== undefined],
    ['worker', 'Worker' in scope],
    ['vp9', hasVp9(scope)],
  ];
  return checks.filter(([, there]) => !there).map(([feature]) => feature);
}

function hasVp9({ RTCRtpSender }: BrowserScope): boolean {
  const codecs = RTCRtpSender?.getCapabilities('video')?.codecs ?? [];
  return codecs.some(({ mimeType }) => /^video\/vp9$/i.test(mimeType));
}
