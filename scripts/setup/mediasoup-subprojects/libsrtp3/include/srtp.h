// The calls of libsrtp 3 that mediasoup makes, on top of Debian's libsrtp 2.5.
// libsrtp 3 takes input and output apart and an opaque policy; 2.5 works in place on a public struct.
#pragma once
// The name is taken by the opaque handle of libsrtp 3 below.
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t
#include <climits>
#include <cstdint>
#include <cstring>

// Error codes that 2.5 does not have; it never returns them, mediasoup names them.
constexpr srtp_err_status_t srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
constexpr srtp_err_status_t srtp_err_status_cryptex_err = static_cast<srtp_err_status_t>(29);

namespace incamera_srtp {
using InPlaceCall = srtp_err_status_t (*)(srtp_t, void*, int*);

// `*outLength` is the capacity on entry and the length written on return; `growth` is the most a call may append.
inline srtp_err_status_t run(InPlaceCall call, srtp_t session, const uint8_t* in, size_t inLength,
                             uint8_t* out, size_t* outLength, size_t growth) {
  if (inLength > static_cast<size_t>(INT_MAX)) return srtp_err_status_bad_param;
  if (*outLength < inLength + growth) return srtp_err_status_buffer_small;
  if (out != in) std::memmove(out, in, inLength);
  int length = static_cast<int>(inLength);
  const srtp_err_status_t status = call(session, out, &length);
  if (status == srtp_err_status_ok) *outLength = static_cast<size_t>(length);
  return status;
}
}  // namespace incamera_srtp

// Overloads: their parameter lists differ from those of 2.5. The last size is the index of a master key identifier, unused.
inline srtp_err_status_t srtp_protect(srtp_t s, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength,
                                      size_t) {
  return incamera_srtp::run(static_cast<incamera_srtp::InPlaceCall>(srtp_protect), s, in, inLength, out, outLength,
                            SRTP_MAX_TRAILER_LEN);
}
inline srtp_err_status_t srtp_protect_rtcp(srtp_t s, const uint8_t* in, size_t inLength, uint8_t* out,
                                           size_t* outLength, size_t) {
  // SRTCP appends its 4-byte index as well (RFC 3711 section 3.4).
  return incamera_srtp::run(static_cast<incamera_srtp::InPlaceCall>(srtp_protect_rtcp), s, in, inLength, out,
                            outLength, SRTP_MAX_TRAILER_LEN + 4);
}
inline srtp_err_status_t srtp_unprotect(srtp_t s, const uint8_t* in, size_t inLength, uint8_t* out,
                                        size_t* outLength) {
  return incamera_srtp::run(static_cast<incamera_srtp::InPlaceCall>(srtp_unprotect), s, in, inLength, out, outLength,
                            0);
}
inline srtp_err_status_t srtp_unprotect_rtcp(srtp_t s, const uint8_t* in, size_t inLength, uint8_t* out,
                                             size_t* outLength) {
  return incamera_srtp::run(static_cast<incamera_srtp::InPlaceCall>(srtp_unprotect_rtcp), s, in, inLength, out,
                            outLength, 0);
}
inline srtp_err_status_t srtp_stream_remove(srtp_t s, uint32_t ssrc) { return srtp_remove_stream(s, ssrc); }

// The policy of 2.5 only points at its key: keep the key beside it.
struct incamera_srtp_policy {
  srtp2_policy_t policy;
  uint8_t key[SRTP_MAX_KEY_LEN];
};
typedef incamera_srtp_policy* srtp_policy_t;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* out) {
  *out = new incamera_srtp_policy();
  return srtp_err_status_ok;
}
inline void srtp_policy_destroy(srtp_policy_t handle) {
  if (handle == nullptr) return;
  // Volatile, so that the compiler does not drop the wiping of memory that is freed next.
  volatile uint8_t* key = handle->key;
  for (size_t i = 0; i < sizeof(handle->key); ++i) key[i] = 0;
  delete handle;
}
inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t handle, srtp_ssrc_t ssrc) {
  handle->policy.ssrc = ssrc;
  return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t handle, srtp_profile_t profile) {
  const srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&handle->policy.rtp, profile);
  if (status != srtp_err_status_ok) return status;
  return srtp_crypto_policy_set_from_profile_for_rtcp(&handle->policy.rtcp, profile);
}
inline srtp_err_status_t srtp_policy_add_key(srtp_policy_t handle, const uint8_t* key, size_t keyLength,
                                             const uint8_t* salt, size_t saltLength, const uint8_t* mki, size_t) {
  const bool fits = keyLength <= sizeof(handle->key) && saltLength <= sizeof(handle->key) - keyLength;
  if (mki != nullptr || handle->policy.key != nullptr || !fits) return srtp_err_status_bad_param;
  std::memcpy(handle->key, key, keyLength);
  std::memcpy(handle->key + keyLength, salt, saltLength);
  handle->policy.key = handle->key;
  return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t handle, bool on) {
  handle->policy.allow_repeat_tx = on ? 1 : 0;
  return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t handle, size_t size) {
  handle->policy.window_size = size;
  return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t handle) {
  return srtp_create(session, static_cast<const srtp2_policy_t*>(&handle->policy));
}
