/* A model of the way from loudspeaker to microphone that learns while the far end speaks and takes its echo away. */
#pragma once

#include <glib.h>

#define ECHO_RATE 48000
/* Samples it takes at a time: 10 ms. */
#define ECHO_BLOCK 480
/* Blocks it models: 360 ms. In a room of 0.6 s of reverberation, what comes later is 36 dB down. */
#define ECHO_PARTS 36

typedef struct EchoModel EchoModel;

EchoModel *echo_model_new(void);
void echo_model_free(EchoModel *self);
/* Forgets the room. */
void echo_model_reset(EchoModel *self);
/* Believes a little less of what it knows: the sound was interrupted, and may go on shifted. */
void echo_model_unsettle(EchoModel *self);
/* A block that was played, of which nothing was recorded. */
void echo_model_hear(EchoModel *self, const float *far);
/* Blocks of ECHO_BLOCK samples from -1 to 1, `far` as the loudspeaker played it; `near` becomes what is left of it. */
void echo_model_process(EchoModel *self, const float *far, float *near);
