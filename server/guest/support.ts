import type { MissingFeature } from './strings.ts';

/** What this browser lacks for an encrypted call; empty when it has everything. */
export function missingFeatures(scope: typeof globalThis): MissingFeature[] {
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

function hasVp9(scope: typeof globalThis): boolean {
  if (!('RTCRtpSender' in scope)) return false;
  return scope.RTCRtpSender.getCapabilities('video')?.codecs.some(({ mimeType }) => /^video\/vp9$/i.test(mimeType)) ?? false;
}
